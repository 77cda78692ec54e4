/** Entity tags, and the lists of them that conditional requests have (RFC 9110 §8.8.3, §13.1.2). */

const TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** All tags of an `If-None-Match`; `*` is none. */
const tagsIn = (field: string): readonly RegExpExecArray[] => [...field.matchAll(TAG)];

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);

/** Does the list name this tag? Weak and strong ones are the same here (§8.8.3.2, weak comparison). */
export const listsTag = (field: string, tag: string): boolean =>
  field.trim() === '*' || tagsIn(field).some(([, , text]) => text === opaque(tag));

/** Does the list name this tag as a weak one, and not as a strong one? */
function listsOnlyWeak(field: string, tag: string): boolean {
  const found = tagsIn(field).filter(([, , text]) => text === opaque(tag));
  return found.length > 0 && found.every(([, weak]) => weak !== undefined);
}

export const weakTag = (tag: string): string => (tag.startsWith('W/') ? tag : `W/${tag}`);

/**
 * A 304 names the tag of the answer that the client has, or caches could not find that (RFC 9111 §4.3.4): the weak one,
 * if this gateway has changed its bytes. `listed` is the client's `If-None-Match`.
 */
export function keepTagListed(
  listed: string | undefined,
  headers: Record<string, string | string[]>,
): void {
  const tag = headers['etag'];
  if (typeof tag === 'string' && listsOnlyWeak(listed ?? '', tag)) headers['etag'] = weakTag(tag);
}
