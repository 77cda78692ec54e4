/** A number of 32 bits for a text: fast, even, always the same for the same text. Not for secrets. */

export const hash = (text: string): number => mix(folded(text));

/** FNV-1a, 32 bits, over UTF-16 units: `from` is that of the text before, if it goes on. To be mixed. */
export function folded(text: string, from = 0x811c9dc5): number {
  let value = from;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value;
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
export function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
