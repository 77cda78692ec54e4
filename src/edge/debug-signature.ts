/**
 * The field by which an operator asks for the trace of one request: `Portico-Debug`.
 *
 * It is an HMAC-SHA256 over the request's method and target, an end of its own and a nonce. It admits nobody to
 * anything: a request with it is answered like any other, and its trace is read at the admin port.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** In lower case, as Node has it. */
export const DEBUG_FIELD = 'portico-debug';

/** An end further away is not accepted: what was overheard would be good for too long. */
export const LONGEST_LIFE_S = 300;

export interface SignedRequest {
  readonly method: string;
  /** As in the request line: the path with its query. */
  readonly target: string;
}

export interface SigningOptions extends SignedRequest {
  readonly key: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** 16 to 64 of `A-Za-z0-9_-`; never the same twice. */
  readonly nonce: string;
}

const VERSION = 'v1';
const FORM = /^v1\.(\d{10})\.([\w-]{16,64})\.([\w-]{43})$/;

/** The value of the field. */
export function signDebug({ key, expires, nonce, ...request }: SigningOptions): string {
  const signature = digest(key, request, expires, nonce).toString('base64url');
  return [VERSION, expires, nonce, signature].join('.');
}

export interface ReadSignature {
  /** Seconds since 1970. */
  readonly expires: number;
  readonly nonce: string;
}

export interface VerifyOptions {
  readonly keys: readonly string[];
  readonly request: SignedRequest;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What `field` says; `undefined` if no key signed it for this request, or if its end is past or too far away. */
export function verifyDebug(
  field: string,
  { keys, request, now }: VerifyOptions,
): ReadSignature | undefined {
  const [, expiresText, nonce = '', signature = ''] = FORM.exec(field) ?? [];
  const expires = Number(expiresText);
  if (!(expires > now && expires <= now + LONGEST_LIFE_S)) return undefined;
  const sent = Buffer.from(signature, 'base64url');
  // Every key is tried, so that the time does not tell which one it was.
  const matches = keys.filter((key) => timingSafeEqual(sent, digest(key, request, expires, nonce)));
  return matches.length > 0 ? { expires, nonce } : undefined;
}

/** No part can hold a line feed. */
const digest = (
  key: string,
  { method, target }: SignedRequest,
  expires: number,
  nonce: string,
): Buffer =>
  createHmac('sha256', key)
    .update([DEBUG_FIELD, VERSION, method, target, expires, nonce].join('\n'))
    .digest();
