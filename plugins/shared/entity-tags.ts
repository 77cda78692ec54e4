/** Entity tags, and the lists of them that conditional requests have (RFC 9110 §8.8.3, §13.1.2). */

const TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** All tags of an `If-None-Match`; `*` is none. */
const tagsIn = (field: string): readonly RegExpExecArray[] => [...field.matchAll(TAG)];

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);

/** Does the list name this tag? Weak and strong ones are the same here (§8.8.3.2, weak comparison). */
export const listsTag = (field: string, tag: string): boolean =>
  field.trim() === '*' || tagsIn(field).some(([, , text]) => text === opaque(tag));

/** Does the list name this tag as a weak one, and not as a strong one? */
export function listsOnlyWeak(field: string, tag: string): boolean {
  const found = tagsIn(field).filter(([, , text]) => text === opaque(tag));
  return found.length > 0 && found.every(([, weak]) => weak !== undefined);
}

export const weakTag = (tag: string): string => (tag.startsWith('W/') ? tag : `W/${tag}`);
