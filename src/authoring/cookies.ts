/** Cookies of a BFF: read from requests, set with the attributes that browsers should heed (RFC 6265). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieValue } from '../edge/cookie.ts';

export interface CookieOptions {
  /** How long it is kept: `90s`, `30m`, `12h`, `365d`. Default: as long as the browser runs. */
  readonly maxAge?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Hosts below it get the cookie, too. Default: only the host that set it. */
  readonly domain?: string;
  /** Default `lax`: no other site's forms and images send it. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  /** No script of a page can read it. Default true. */
  readonly httpOnly?: boolean;
  /** Sent over HTTPS only. Default true, except where a client on this machine came over HTTP. */
  readonly secure?: boolean;
}

/** RFC 6265 §4.1.1. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of `Path` and `Domain`. */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]+$/;
/** Browsers ignore longer ones. */
const MAX_BYTES = 4_096;

/** The value of a cookie as it was set; `undefined` if the client sent none, or one that cannot be decoded. */
export function readCookie({ raw }: Pick<FastifyRequest, 'raw'>, name: string): string | undefined {
  const value = cookieValue(raw.headers.cookie, name);
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/**
 * Sets a cookie; any text may be its value.
 *
 * @throws {RangeError} for what no browser would keep: a bad name, more than 4 KiB, `none` without `secure`, a prefix
 *   (`__Host-`) whose promise is not kept
 */
export function setCookie(
  reply: FastifyReply,
  name: string,
  value: string,
  options: CookieOptions = {},
): void {
  const { path = '/', domain, sameSite = 'lax', httpOnly = true, maxAge } = options;
  const secure = options.secure ?? !isLocal(reply);
  check(name, { ...options, path, sameSite, secure });
  const text = [
    `${name}=${encodeURIComponent(value)}`,
    ...(maxAge === undefined ? [] : [`Max-Age=${secondsOf(name, maxAge)}`]),
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Path=${path}`,
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    `SameSite=${sameSite[0]!.toUpperCase()}${sameSite.slice(1)}`,
  ].join('; ');
  if (text.length > MAX_BYTES) throw new RangeError(`the cookie ${name} is longer than 4 KiB`);
  void reply.header('set-cookie', text);
}

/** Makes the browser forget a cookie; `path` and `domain` must be those with which it was set. */
export function clearCookie(
  reply: FastifyReply,
  name: string,
  options: Omit<CookieOptions, 'maxAge'> = {},
): void {
  setCookie(reply, name, '', { ...options, maxAge: '0s' });
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Longer than timers can wait, so not the durations of a config. */
function secondsOf(name: string, maxAge: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(maxAge) ?? [];
  if (amount === undefined) {
    throw new RangeError(
      `the cookie ${name} has the maxAge "${maxAge}", not one such as "30m" or "365d"`,
    );
  }
  // The expression allows no other unit.
  return Number(amount) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
}

type Checked = CookieOptions & Required<Pick<CookieOptions, 'path' | 'sameSite' | 'secure'>>;

function check(name: string, { path, domain, sameSite, secure }: Checked): void {
  if (!NAME.test(name)) throw new RangeError(`"${name}" cannot be the name of a cookie`);
  for (const text of [path, domain]) {
    if (text !== undefined && !ATTRIBUTE.test(text)) {
      throw new RangeError(
        `the cookie ${name} has the attribute "${text}", which no field can hold`,
      );
    }
  }
  if (sameSite === 'none' && !secure) {
    throw new RangeError(`the cookie ${name} has sameSite "none", which needs secure`);
  }
  const isPrefixed = /^__(?:Host|Secure)-/i.test(name);
  if (isPrefixed && !secure)
    throw new RangeError(`the cookie ${name} must be secure: its name says so`);
  if (/^__Host-/i.test(name) && (path !== '/' || domain !== undefined)) {
    throw new RangeError(
      `the cookie ${name} must have the path "/" and no domain: its name says so`,
    );
  }
}

/** Not every browser sends a secure cookie to a server on its own machine, where there is no TLS. */
function isLocal({ request: { gateway } }: FastifyReply): boolean {
  const host = gateway.host.replace(/:\d+$/, '');
  const isHere = host === 'localhost' || host.endsWith('.localhost') || host === '[::1]';
  return gateway.scheme === 'http' && (isHere || /^127(?:\.\d+){3}$/.test(host));
}
