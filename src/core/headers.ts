/** HTTP fields in the core: one record, lower-case names, repeated fields as a list. */

export type HeaderValue = string | readonly string[];
export type Headers = Readonly<Record<string, HeaderValue>>;
export type MutableHeaders = Record<string, string | string[]>;

/**
 * Fields that belong to one connection and are never passed on, in either direction, nor are those that
 * `Connection` names (RFC 9110 §7.6.1). `Proxy-Connection` and `Keep-Alive` are unregistered, but used in
 * practice.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Fields that make sense only in a head, because trailers come too late for them: framing, routing,
 * authorization, content and caching (RFC 9110 §6.5.1).
 */
const HEAD_ONLY: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'expires',
  'host',
  'location',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
]);

/** May the field `name`, in lower case, be a trailer? */
export const isRelayedTrailer = (name: string): boolean =>
  name !== '' && !HOP_BY_HOP.has(name) && !HEAD_ONLY.has(name);

/** The trailers that are passed on. */
export function relayedTrailers(trailers: Headers): MutableHeaders {
  const out: MutableHeaders = {};
  for (const name in trailers) {
    if (isRelayedTrailer(name)) out[name] = trailers[name] as string | string[];
  }
  return out;
}

/**
 * The fields of a head without those of its connection (RFC 9110 §7.6.1). `Trailer` stays; the code that
 * sends the trailers decides on it.
 */
export function relayedHeaders(headers: Headers): MutableHeaders {
  const named = headers['connection'];
  const names = named !== undefined && named !== 'keep-alive' && named !== 'close';
  const options = names ? new Set(connectionOptions(named)) : NONE;
  const out: MutableHeaders = {};
  for (const name in headers) {
    if ((HOP_BY_HOP.has(name) && name !== 'trailer') || options.has(name)) continue;
    // Assigning it would set the prototype.
    if (name === '__proto__') continue;
    out[name] = headers[name] as string | string[];
  }
  return out;
}

const NONE: ReadonlySet<string> = new Set();

/** The first value of a field; `undefined` if it is absent. */
export function firstValue(value: HeaderValue | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value[0];
}

/** All values of a field as one list (RFC 9110 §5.3); `undefined` if it is absent. */
export function joinedValue(value: HeaderValue | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}

/** The lower-case names that a `Connection` field lists. */
export function connectionOptions(value: HeaderValue | undefined): readonly string[] {
  const text = joinedValue(value);
  if (text === undefined) return [];
  return text
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}
