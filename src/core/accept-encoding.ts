/** What a client says of content codings, in `Accept-Encoding` (RFC 9110 §12.5.3). */

/** One element of the list. Quality values have three digits at most (§12.4.2). */
const ELEMENT = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

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
