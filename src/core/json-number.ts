/**
 * Numbers as they are in JSON: text, which a JavaScript number may only approximate.
 *
 * A copied number must keep its source text: an id past 2^53, `1.10`, `1e400`. A tree that does so holds
 * raw numbers (`JSON.rawJSON`), which `JSON.stringify` writes unchanged. Never pass such a tree to code
 * outside the gateway.
 */
declare global {
  interface RawJson {
    readonly rawJSON: string;
  }
  // ECMAScript's "JSON.parse source text access": Node has it, TypeScript's types do not yet.
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
    parse(
      text: string,
      reviver: (
        this: object,
        key: string,
        value: unknown,
        context: { readonly source?: string },
      ) => unknown,
    ): unknown;
  }
}

/**
 * Finds anything that might be a number that JavaScript writes differently, much faster than parsing
 * would: 16 digits or more, an exponent, a final zero after the point, seven zeros, a negative zero. A
 * string that looks like one costs time but changes nothing. Long runs of digits match at once.
 */
const PERHAPS_UNUSUAL =
  /(?:^|[:,[\s])(?:-?(?:[\d.]{16}|0\.0{6}|\d[\d.]*[eE]|\d+\.\d*0(?:[,\]}\s]|$))|-0(?:[,\]}\s]|$))/;

/** May the JSON in `text` hold a number whose source would be lost? */
export const mayLoseDigits = (text: string): boolean => PERHAPS_UNUSUAL.test(text);

/**
 * Finds numbers that JavaScript might take for another one: 15 digits or fewer, without an exponent, always stay apart.
 */
const PERHAPS_ANOTHER = /(?:^|[:,[\s])-?(?:[\d.]{16}|\d[\d.]*[eE])/;

/** May the JSON in `text` hold a number that JavaScript cannot tell from some other number? */
export const mayConfuseNumbers = (text: string): boolean => PERHAPS_ANOTHER.test(text);

/** Converts a number while a text is parsed. */
export type ReadNumber = (source: string, holder: object, key: string) => unknown;

/** A JavaScript number, or a raw one if JavaScript would write it differently. */
export const keepSource: ReadNumber = (source) => {
  const value = Number(source);
  return String(value) === source ? value : JSON.rawJSON(source);
};

/** A number if JavaScript can hold it and compute with it, otherwise text. */
export const safeOrText: ReadNumber = (source) => (isSafe(source) ? Number(source) : source);

/** Every number as its source. */
export const sourceAsText: ReadNumber = (source) => source;

/** The text of a number in such a tree; `undefined` if it is not a number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
}

/** Is it within ±(2^53 - 1), without losing a digit? Then comparing it compares what was sent. */
export function isSafe(source: string): boolean {
  const value = Number(source);
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return false;
  return String(value) === source || decimalOf(source) === decimalOf(String(value));
}

/** Is the number whole, however it is written? */
export const isWhole = (source: string): boolean => !/e-\d/.test(decimalOf(source));

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longer exponents are not computed; numbers that have one are never close to each other. */
const MAX_EXPONENT_DIGITS = 15;

/** A canonical text for a number: its digits without zeros around them, and the power of ten. */
export function decimalOf(source: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = PARTS.exec(source) ?? [];
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  while (start < end && digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  if (start === end) return '0e0';
  const shift = digits.length - end - fraction.length;
  const exponent =
    power.length > MAX_EXPONENT_DIGITS ? power.replace('+', '') : String(Number(power) + shift);
  return `${sign}${digits.slice(start, end)}e${exponent}`;
}
