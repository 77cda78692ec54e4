/**
 * JSON of single values, for lines that are put together by hand: as `JSON.stringify` writes it, to the byte.
 */

/** All but what stands for itself: quotes, backslashes, control characters; surrogates may lack their other half. */
const TO_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Most texts need no escape, and are only put between quotes. */
export const quoted = (text: string): string =>
  TO_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;

/** `null` where it is no number, as JSON has it. */
export const numeral = (value: number): string => (Number.isFinite(value) ? String(value) : 'null');

/** Past it, a hundredth is not exact enough to be written digit by digit. */
const MOST_HUNDREDTHS = 1e12;

/** What follows the whole number, for each count of hundredths: nothing, `.01` to `.99`, with `.1` for 10. */
const FRACTIONS = Array.from({ length: 100 }, (_, count) => String(count / 100).slice(1));

/** Rounded to two decimals: a number that is not whole takes V8 three times as long to write. */
export function hundredths(value: number): string {
  const count = Math.round(value * 100);
  if (!(count >= 0 && count <= MOST_HUNDREDTHS)) return numeral(count / 100);
  const whole = Math.floor(count / 100);
  return `${whole}${FRACTIONS[count - whole * 100]!}`;
}
