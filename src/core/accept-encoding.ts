/** What a client says of content codings, in `Accept-Encoding` (RFC 9110 §12.5.3). */
import { QUALITY_PATTERN } from './quality.ts';

/** One element of the list. */
const ELEMENT = new RegExp(
  String.raw`^([!#$%&'*+.^_\x60|~\w-]+)(?:[ \t]*;[ \t]*q=${QUALITY_PATTERN})?$`,
);

/**
 * Quality values, 0 to 1, by names in lower case, `*` and `identity` among them. Elements that are malformed are left out;
 * of a name that is there twice, the last counts.
 */
export function codingQualities(field: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const element of field.toLowerCase().split(',')) {
    const [, name, quality = '1'] = ELEMENT.exec(element.trim()) ?? [];
    // `x-gzip` is gzip (§8.4.1.3).
    if (name !== undefined) qualities.set(name === 'x-gzip' ? 'gzip' : name, Number(quality));
  }
  return qualities;
}
