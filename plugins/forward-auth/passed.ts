/**
 * Answers of the service for a browser: a redirect to its login, or a refusal with a page.
 *
 * Only the fields listed here pass; those of the service's connection, and what it says to the gateway alone, do not.
 * A `Location` stays as it is: where a login may lead to is the service's to decide.
 */
import type { FastifyReply } from 'fastify';
import type { UpstreamResponse } from 'portico';

/** More than any redirect or page of a login has, in bytes. */
const MAX_BYTES = 65_536;

/** Besides `Location`, which only redirects have. */
const FIELDS = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-security-policy',
  'set-cookie',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
] as const;

/** RFC 9110 §15.4: those that name one place to go to. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface PassedAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** Is it an answer that clients understand without the gateway? */
export const isForClients = ({ status, headers }: UpstreamResponse): boolean =>
  status === 401 ||
  status === 403 ||
  (REDIRECTS.has(status) && typeof headers['location'] === 'string');

/** Reads the answer whole. @throws GW_UPSTREAM_INVALID past 64 KiB; whatever broke the exchange */
export async function readPassed({
  status,
  headers,
  body,
}: UpstreamResponse): Promise<PassedAnswer> {
  const passed: Record<string, string | string[]> = {};
  for (const name of REDIRECTS.has(status) ? ['location', ...FIELDS] : FIELDS) {
    const value = headers[name];
    if (value !== undefined) passed[name] = typeof value === 'string' ? value : [...value];
  }
  return { status, headers: passed, body: await body.bytes(MAX_BYTES) };
}

/** Ends the request with `answer`. It is about this client and this moment, so that no cache may keep it. */
export function sendPassed(reply: FastifyReply, { status, headers, body }: PassedAnswer): void {
  void reply.code(status).headers(headers).header('cache-control', 'no-store');
  // Fastify would give a type to no bytes.
  void reply.send(body.length === 0 ? undefined : body);
}

/** Gives the client the cookies of an approval, with whatever answer it gets; a cache would give them to others. */
export function passCookies(reply: FastifyReply, cookies: readonly string[]): void {
  if (cookies.length === 0) return;
  void reply.header('set-cookie', [...cookies]).header('cache-control', 'no-store');
}
