/**
 * The values of a query parameter or a field, as many as there are: which of them counts, servers decide in
 * different ways (the first, the last, any), so that none of them may be picked here.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Values {
  /** Those that everybody sees; empty where there is none. */
  readonly certain: readonly string[];
  /** Those that some servers see under this name, and others do not. */
  readonly possible: readonly string[];
}

/** Lines of a request's head, names and values in turn, as they came. */
export interface Fields {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/**
 * Fields whose value is a list by definition: several lines of them are one, joined by commas (RFC 9110
 * §5.3; of Cookie by `; `, RFC 9113 §8.2.3). Of all others a second line is a second value.
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

/** The values of a field, name in lower case. One that was removed from `headers` has none. */
export function fieldValues({ headers, rawHeaders }: Fields, name: string): Values {
  const joined = headers[name];
  if (joined === undefined) return NONE;
  const text = typeof joined === 'string' ? joined : joined.join(', ');
  // There is one Host, and it was made canonical.
  if (name === 'host' || LISTS.has(name)) return { certain: [text], possible: [] };
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) {
      lines.push(rawHeaders[i + 1]!);
    }
  }
  // Lines that somebody in front has joined, as we do, look like this: any of them may be meant.
  const possible = text.includes(',') ? text.split(',').map((each) => each.trim()) : [];
  return { certain: lines.length === 0 ? [text] : lines, possible };
}

const NONE: Values = { certain: [], possible: [] };

/**
 * The values of a query parameter, decoded as forms are (`%64` is `d`, `+` a space). Names count as they
 * are written; possible are those of spellings that are one name elsewhere: see {@link looseName}, and `;`
 * for `&`, as HTML 4 advised.
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
 * What ASP.NET (in any case), PHP (spaces before, dots, what follows NUL) and readers of lists (`a[]`,
 * `a[0]`: PHP, Rails, qs) make of a name.
 */
const looseName = (name: string): string =>
  name
    .replace(/\0.*$/s, '')
    .trimStart()
    .replace(/\[\d*\]$/, '')
    .replaceAll(/[ .]/g, '_')
    .toLowerCase();
