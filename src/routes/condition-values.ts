/**
 * All the values of a query parameter or a field. Servers differ on which one counts (the first, the
 * last, any), so none may be picked here.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Values {
  /** Those that every server sees; may be empty. */
  readonly certain: readonly string[];
  /** Those that only some servers see under this name. */
  readonly possible: readonly string[];
}

/** The fields of a request: parsed, and as raw lines (names and values in turn). */
export interface Fields {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/**
 * Fields that are lists by definition: several lines make one value, joined by commas (RFC 9110 §5.3) or,
 * for Cookie, by `; ` (RFC 9113 §8.2.3). For any other field, a second line is a second value.
 */
const LISTS: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'access-control-request-headers',
  'baggage',
  'cache-control',
  'connection',
  'content-encoding',
  'content-language',
  'cookie',
  'expect',
  'forwarded',
  'if-match',
  'if-none-match',
  'link',
  'pragma',
  'prefer',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'te',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'warning',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** The values of a field; `name` is in lower case. A field that was removed from `headers` has none. */
export function fieldValues({ headers, rawHeaders }: Fields, name: string): Values {
  const joined = headers[name];
  if (joined === undefined) return NONE;
  const text = typeof joined === 'string' ? joined : joined.join(', ');
  // There is only one Host, which is already canonical.
  if (name === 'host' || LISTS.has(name)) return { certain: [text], possible: [] };
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) {
      lines.push(rawHeaders[i + 1]!);
    }
  }
  // A proxy in front may have joined several lines like this, so any member may be the one meant.
  const possible = text.includes(',') ? text.split(',').map((each) => each.trim()) : [];
  return { certain: lines.length === 0 ? [text] : lines, possible };
}

const NONE: Values = { certain: [], possible: [] };

/**
 * The values of a query parameter, decoded as forms are (`%64` is `d`, `+` a space). Names count as
 * written. Possible values are those under other spellings of the name (see {@link looseName}), and those
 * separated by `;` instead of `&`, as HTML 4 advised.
 */
export function queryValues(query: string, name: string): Values {
  if (query === '') return NONE;
  const certain = new URLSearchParams(query).getAll(name);
  const loose = looseName(name);
  const possible: string[] = [];
  for (const [other, value] of new URLSearchParams(query.replaceAll(';', '&'))) {
    if (looseName(other) === loose) possible.push(value);
  }
  return { certain, possible };
}

/**
 * A name as lenient servers read it: ASP.NET ignores case; PHP drops leading spaces, replaces dots and
 * cuts at NUL; PHP, Rails and qs read `a[]` and `a[0]` as lists.
 */
const looseName = (name: string): string =>
  name
    .replace(/\0.*$/s, '')
    .trimStart()
    .replace(/\[\d*\]$/, '')
    .replaceAll(/[ .]/g, '_')
    .toLowerCase();
