/**
 * What a part of an aggregate passes on of its client's request: what is named, or `*` for all that is
 * safe to pass on unseen.
 *
 * `*` never means credentials, which are for who asked for them, nor what speaks of the client's
 * connection, of its body, or of the one answer that it wants where a part's answer is another.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP, type MutableHeaders } from '../core/headers.ts';

/** Stands for all, in a list of names. */
export const ALL = '*';

/** Besides those of the connection. */
const NOT_MEANT: ReadonlySet<string> = new Set([
  // Credentials.
  'authorization',
  'cookie',
  'x-api-key',
  // Said by the gateway itself, for each call.
  'accept',
  'accept-encoding',
  'expect',
  'host',
  'via',
  // Of the client's body.
  'digest',
  // What the client has, or wants of, an answer that no part gives (RFC 9110 §13, §14).
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

const isMeant = (name: string): boolean =>
  !HOP_BY_HOP.has(name) && !NOT_MEANT.has(name) && !name.startsWith('content-');

/** Adds to `sent` what `names` say of the client's `headers`; what is said already stays. */
export function addForwarded(
  sent: MutableHeaders,
  headers: IncomingHttpHeaders,
  names: readonly string[],
): void {
  if (names.includes(ALL)) {
    for (const name in headers) {
      if (isMeant(name) && !Object.hasOwn(sent, name)) sent[name] = headers[name]!;
    }
  }
  for (const name of names) if (headers[name] !== undefined) sent[name] = headers[name];
}

/** Parameters that hold a credential (RFC 6750 §2.3, and the habits of others). */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'access_token',
  'api-key',
  'api_key',
  'apikey',
  'id_token',
  'key',
  'token',
]);

/** What `names` say of the client's query; `*` leaves out what is in `own`, which the part says itself. */
export function* forwardedParameters(
  query: string,
  names: readonly string[],
  own: ReadonlySet<string>,
): Generator<readonly [name: string, value: string]> {
  if (names.length === 0) return;
  const sent = new URLSearchParams(query);
  for (const name of names) for (const value of sent.getAll(name)) yield [name, value];
  if (!names.includes(ALL)) return;
  for (const pair of sent) {
    const [name] = pair;
    if (own.has(name) || names.includes(name)) continue;
    if (!CREDENTIALS.has(name.toLowerCase())) yield pair;
  }
}
