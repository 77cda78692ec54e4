/**
 * Numbers as JSON has them: text, of which a JavaScript number is often only the nearest one.
 *
 * An id past 2^53, `1.10`, `1e400`: a copied number must keep its source. A tree that does so consists
 * of raw numbers (`JSON.rawJSON`), which `JSON.stringify` writes unchanged; never pass one to
 * code outside the gateway.
 */
declare global {
  interface RawJson {
    readonly rawJSON: string;
  }
  // ECMAScript's "JSON.parse source text access", which Node has and TypeScript does not know yet.
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
 * Finds whatever might be a number that JavaScript writes otherwise, at a small part of what parsing
 * costs: 16 digits or more, an exponent, a last zero after the point, seven zeros, a negative zero.
 * A string that looks so costs time, and changes nothing. Long runs of digits match at once.
 */
const PERHAPS_UNUSUAL =
  /(?:^|[:,[\s])(?:-?(?:[\d.]{16}|0\.0{6}|\d[\d.]*[eE]|\d+\.\d*0(?:[,\]}\s]|$))|-0(?:[,\]}\s]|$))/;

/** May `text`, which is JSON, hold a number whose source would be lost? */
export const mayLoseDigits = (text: string): boolean => PERHAPS_UNUSUAL.test(text);

/** What becomes of a number of a text that is parsed. */
export type ReadNumber = (source: string, holder: object, key: string) => unknown;

/** A number as it is; a raw one where JavaScript would write it otherwise. */
export const keepSource: ReadNumber = (source) => {
  const value = Number(source);
  return String(value) === source ? value : JSON.rawJSON(source);
};

/** A number that JavaScript can hold and compute with; text where it cannot. */
export const safeOrText: ReadNumber = (source) => (isSafe(source) ? Number(source) : source);

/** Every number as its source. */
export const sourceAsText: ReadNumber = (source) => source;

/** The text of a number of such a tree; `undefined` for what is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
}

/** Within 2^53 - 1 either way, and not a digit is lost: comparing it compares what was sent. */
export function isSafe(source: string): boolean {
  const value = Number(source);
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return false;
  return String(value) === source || decimalOf(source) === decimalOf(String(value));
}

/** Is the number without a fraction, however it is spelled? */
export const isWhole = (source: string): boolean => !/e-\d/.test(decimalOf(source));

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longer exponents are not computed with: nothing that is near to another has one. */
const MAX_EXPONENT_DIGITS = 15;

/** The same text for the same number: its digits without zeros around them, and the power of ten. */
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
