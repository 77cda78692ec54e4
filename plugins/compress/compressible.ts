/** Which answers may be compressed, and what their heads say then. */
import type { IncomingHttpHeaders } from 'node:http';
import { isStream, type ResponseHead } from 'portico';
import { hasDirective } from '../shared/cache-directives.ts';
import { DIGESTS } from '../shared/digests.ts';
import { keepTagListed, weakTag } from '../shared/entity-tags.ts';
import type { Coding } from './accept-encoding.ts';

type Fields = ResponseHead['headers'];

/**
 * Is it the type of answer that some client gets compressed? Never a part of one, a stream, or one that says
 * `no-transform` (RFC 9110 §7.7).
 */
export function isOfKind(
  { status, headers }: ResponseHead,
  hasType: (field: string | undefined) => boolean,
): boolean {
  if (status < 200 || status === 204 || status === 206) return false;
  const type = headers['content-type'];
  if (typeof type !== 'string' || isStream(type) || !hasType(type)) return false;
  return (
    headers['content-range'] === undefined &&
    !hasDirective(headers['cache-control'], 'no-transform')
  );
}

/**
 * Does its client get it as it is, whatever it accepts? Because it is encoded already, because somebody counts on
 * its bytes, or because the client asked for a range of them: the next range must be one of the same.
 */
export function isAsItIs(asked: IncomingHttpHeaders, headers: Fields): boolean {
  const coding = headers['content-encoding'];
  return (
    (coding !== undefined && String(coding).toLowerCase() !== 'identity') ||
    DIGESTS.some((name) => headers[name] !== undefined) ||
    asked.range !== undefined ||
    hasDirective(asked['cache-control'], 'no-transform')
  );
}

/** RFC 9110 §12.5.5. */
export function addVary(headers: Fields): void {
  const vary = headers['vary'];
  const names = String(vary ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  if (names.includes('*') || names.includes('accept-encoding')) return;
  headers['vary'] = vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`;
}

/** A compressed answer has no known length, no ranges, and other bytes than its strong tag vouches for (§8.8.3). */
export function describe(headers: Fields, coding: Coding): void {
  headers['content-encoding'] = coding;
  delete headers['content-length'];
  delete headers['accept-ranges'];
  delete headers['trailer'];
  const tag = headers['etag'];
  if (typeof tag === 'string') headers['etag'] = weakTag(tag);
}

/** A 304 says what the answer would have said. */
export function describeUnchanged(asked: IncomingHttpHeaders, headers: Fields): void {
  addVary(headers);
  keepTagListed(asked['if-none-match'], headers);
}
