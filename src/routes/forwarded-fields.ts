/**
 * What a part of an aggregate passes on from the client's request: the names listed, or `*` for
 * everything that is safe to pass on unseen.
 *
 * `*` never includes credentials, which are meant for one service only, nor fields about the client's
 * connection or body, nor conditions on the answer it wants, because a part's answer is a different one.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP, type MutableHeaders } from '../core/headers.ts';

/** Means everything, in a list of names. */
export const ALL = '*';

/** Meant for one service only. */
export const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key']);

/** What `*` leaves out, besides hop-by-hop fields. */
const NOT_MEANT: ReadonlySet<string> = new Set([
  ...CREDENTIALS,
  // Set by the gateway itself for each call.
  'accept',
  'accept-encoding',
  'expect',
  'host',
  'via',
  // About the client's body.
  'digest',
  // Conditions and ranges refer to the whole answer, not to a part's (RFC 9110 §13, §14).
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

const isMeant = (name: string): boolean =>
  !HOP_BY_HOP.has(name) && !NOT_MEANT.has(name) && !name.startsWith('content-');

/** Adds to `sent` the client's `headers` that `names` list; a field that is already set stays. */
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

/** Parameters that hold a credential (RFC 6750 §2.3, and common practice). */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'access_token',
  'api-key',
  'api_key',
  'apikey',
  'id_token',
  'key',
  'token',
]);

/**
 * The parameters of the client's query that `names` list; `*` leaves out those in `own`, which the part
 * sets itself.
 */
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
    if (!SECRET_PARAMETERS.has(name.toLowerCase())) yield pair;
  }
}
