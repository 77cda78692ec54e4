/**
 * Conditional requests (RFC 9110 §13) and ranges (§14), for one representation. Of several ranges in one request,
 * the whole is sent instead, as §14.2 allows: joined parts cost more than they save.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Representation {
  /** Strong, in quotes. */
  readonly etag: string;
  /** In whole seconds since 1970, as fields have it. */
  readonly modifiedSeconds: number;
  readonly bytes: number;
}

/** What to send: the bytes from `start` up to `end`. */
export type Selection =
  | { readonly status: 200 | 206; readonly start: number; readonly end: number }
  | { readonly status: 304 | 412 | 416 };

/** @param method GET or HEAD */
export function select(
  method: string,
  headers: IncomingHttpHeaders,
  it: Representation,
): Selection {
  const failed = precondition(headers, it);
  if (failed !== undefined) return { status: failed };
  const whole = { status: 200, start: 0, end: it.bytes } as const;
  const { range } = headers;
  // A range is defined for GET alone (§14.2).
  if (range === undefined || method !== 'GET' || !isRangeWanted(headers, it)) return whole;
  return readRange(range, it.bytes) ?? whole;
}

/** In the order of §13.2.2. */
function precondition(headers: IncomingHttpHeaders, it: Representation): 304 | 412 | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const since = seconds(headers['if-modified-since']);
  const unmodifiedSince = seconds(headers['if-unmodified-since']);
  if (match !== undefined) {
    if (!lists(match, it.etag, false)) return 412;
  } else if (unmodifiedSince !== undefined && it.modifiedSeconds > unmodifiedSince) return 412;
  if (noneMatch !== undefined) return lists(noneMatch, it.etag, true) ? 304 : undefined;
  return since !== undefined && it.modifiedSeconds <= since ? 304 : undefined;
}

/** `*` is any. Weakly compared, `W/` counts for nothing (§8.8.3.2). */
function lists(field: string, etag: string, isWeakly: boolean): boolean {
  return field.split(',').some((each) => {
    const tag = each.trim();
    return tag === '*' || tag === etag || (isWeakly && tag === `W/${etag}`);
  });
}

/** §13.1.5: by the same tag or date; otherwise the whole. */
function isRangeWanted({ 'if-range': value }: IncomingHttpHeaders, it: Representation): boolean {
  if (value === undefined || value === it.etag) return true;
  return Array.isArray(value) ? false : seconds(value) === it.modifiedSeconds;
}

/** The form that C's `asctime` gives, which says no zone but is in GMT (§5.6.7). */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Of a date in a field; `undefined` for anything else, which is ignored. */
function seconds(date: string | undefined): number | undefined {
  if (date === undefined) return undefined;
  const dated = ASCTIME.test(date) ? `${date} GMT` : date;
  // `Date.parse` takes much that is no HTTP date, such as `1`.
  const ms = dated.endsWith(' GMT') ? Date.parse(dated) : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1_000);
}

/** `bytes=0-99`, `bytes=100-`, `bytes=-100`; `undefined` for what is no single range of bytes. */
const RANGE = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i;

function readRange(field: string, bytes: number): Selection | undefined {
  const [, first, last] = RANGE.exec(field) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(bytes - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? bytes : Math.min(Number(last) + 1, bytes);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return start >= bytes ? { status: 416 } : { status: 206, start, end };
}
