/**
 * The one scanner of JSON texts: finds what a parsed value no longer shows, such as a duplicate
 * key. Texts have been parsed before, so that it sees only valid JSON; only the depth check runs
 * on texts that may not be JSON.
 */

/** Keys by which a value could reach a prototype. */
export const DANGEROUS_KEYS: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
]);

export interface ScanRules {
  /** Lists and objects in each other. */
  readonly maxDepth: number;
  /** Are keys to be looked at that could reach a prototype? */
  readonly dangerousKeys: boolean;
  /** May a key be there once only (RFC 8259 §4)? */
  readonly uniqueKeys: boolean;
}

/** The first thing in a text that its rules do not allow. */
export type ScanFault =
  { readonly kind: 'depth' } | { readonly kind: 'dangerous' | 'repeated'; readonly key: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;

/** What is wrong with `text` by `rules`; `undefined` where nothing is. */
export function scanJson(text: string, rules: ScanRules): ScanFault | undefined {
  const looksAtKeys = rules.dangerousKeys || rules.uniqueKeys;
  /** Keys of the objects that are open, where they are kept; `undefined` for a list. */
  const open: (Set<string> | true | undefined)[] = [];
  // A text in an object is a key where `{` or `,` stands before it.
  let mayBeKey = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = closingQuote(text, at);
      const keys = open.at(-1);
      if (mayBeKey && looksAtKeys && keys !== undefined) {
        const fault = keyFault(keyOf(text.slice(at, end + 1)), keys, rules);
        if (fault !== undefined) return fault;
      }
      mayBeKey = false;
      at = end;
    } else if (code === COMMA) {
      mayBeKey = true;
      // `[` and `{`, `]` and `}` differ in one bit.
    } else if ((code | 0x20) === 0x7b) {
      if (open.length >= rules.maxDepth) return { kind: 'depth' };
      const isObject = code === OPEN_OBJECT;
      open.push(isObject ? (rules.uniqueKeys ? new Set() : true) : undefined);
      mayBeKey = true;
    } else if ((code | 0x20) === 0x7d) open.pop();
  }
  return undefined;
}

function keyFault(
  key: string,
  keys: Set<string> | true,
  { dangerousKeys }: ScanRules,
): ScanFault | undefined {
  if (dangerousKeys && DANGEROUS_KEYS.has(key)) return { kind: 'dangerous', key };
  if (keys === true) return undefined;
  if (keys.has(key)) return { kind: 'repeated', key };
  keys.add(key);
  return undefined;
}

/** Of the text as JSON has it, quotes and escapes and all. */
const keyOf = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

/** Of the string that begins at `start`; the end of the text where it has none. */
function closingQuote(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

/** Are there more than `most` brackets of either kind? Found at a seventh of what a scan costs. */
export function opensMore(text: string, most: number): boolean {
  return countOf(text, '{', most) + countOf(text, '[', most) > most;
}

function countOf(text: string, bracket: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    count += 1;
    if (count > most) break;
  }
  return count;
}
