/**
 * The only scanner of JSON texts. It finds what a parsed value no longer shows, such as a duplicate key.
 * It expects texts that have been parsed, so they are valid; only the depth check also runs on other
 * texts.
 */

/** Keys with which a value could reach a prototype. */
export const DANGEROUS_KEYS: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
]);

export interface ScanRules {
  /** The deepest nesting of lists and objects. */
  readonly maxDepth: number;
  /** Report keys that could reach a prototype? */
  readonly dangerousKeys: boolean;
  /** Report a key that occurs twice in one object (RFC 8259 §4)? */
  readonly uniqueKeys: boolean;
}

/** The first violation of the rules in a text. */
export type ScanFault =
  { readonly kind: 'depth' } | { readonly kind: 'dangerous' | 'repeated'; readonly key: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;

/** The first fault in `text` by `rules`; `undefined` if there is none. */
export function scanJson(text: string, rules: ScanRules): ScanFault | undefined {
  const looksAtKeys = rules.dangerousKeys || rules.uniqueKeys;
  /** The keys of each open object; `true` if keys are not kept, `undefined` for a list. */
  const open: (Set<string> | true | undefined)[] = [];
  // In an object, a string after `{` or `,` is a key.
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
      // `[` and `{` differ in one bit, as do `]` and `}`.
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

/** The key that a token stands for; the token has its quotes and escapes. */
const keyOf = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

/** The closing quote of the string at `start`; the end of the text if there is none. */
function closingQuote(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

/** Are there more than `most` opening brackets? Costs a seventh of a scan. */
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
