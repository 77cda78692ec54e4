/**
 * Numbers that JavaScript cannot hold as they were sent: ids past 2^53, `1e400`, too many digits.
 *
 * A schema may require such a number and its type. A keyword that would have to compute with it
 * refuses it with that reason: JavaScript would use a different number.
 */
import { decimalOf, isSafe, isWhole, type ReadNumber } from 'portico';
import type { Invalid } from './schema.ts';

const WHY = 'has more digits than can be compared exactly';

/** More of them say no more. */
const MAX_FAULTS = 20;

/** Above the safe integers, and within 64 bits: nothing else of a value is this. */
const STANDS_FOR_INT64 = 2 ** 53;
const STANDS_FOR_LONGER = 2 ** 70;

export class LostDigits {
  /** What JavaScript would make of them, by where they are. */
  readonly #sources = new Map<object, Map<string, string>>();
  /** Of a value that is a number, and nothing else. */
  #only: string | undefined;
  #faults: Invalid[] = [];

  /** Reads one number; one that would lose digits is replaced by a stand-in of its type. */
  readonly read: ReadNumber = (source, holder, key) => {
    if (isSafe(source)) return Number(source);
    this.add(source, holder, key);
    return standIn(source);
  };

  add(source: string, holder: object, key: string): void {
    const known = this.#sources.get(holder);
    if (known === undefined) this.#sources.set(holder, new Map([[key, source]]));
    else known.set(key, source);
    this.#only = source;
  }

  get isEmpty(): boolean {
    return this.#only === undefined;
  }

  /** The source of the value at `key` of `holder`; `undefined` if the value is exact. */
  sourceOf(holder: object | undefined, key: string | number): string | undefined {
    return holder === undefined ? this.#only : this.#sources.get(holder)?.get(String(key));
  }

  /** Called by a schema before it computes with `value`. */
  computeWith(
    value: unknown,
    holder: object | undefined,
    key: string | number,
    pointer: string,
  ): void {
    const isLost =
      typeof value === 'object' ? this.#isWithin(value) : this.sourceOf(holder, key) !== undefined;
    if (!isLost || this.#faults.length >= MAX_FAULTS) return;
    if (this.#faults.at(-1)?.pointer !== pointer) this.#faults.push({ pointer, detail: WHY });
  }

  /** What has been computed with since this was asked last, though it should not be. */
  takeFaults(): readonly Invalid[] {
    const faults = this.#faults;
    this.#faults = [];
    return faults;
  }

  #isWithin(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    return this.#sources.has(value) || Object.values(value).some((each) => this.#isWithin(each));
  }
}

/** For a value that is what it says; never added to. */
export const NONE_LOST = new LostDigits();

/** A number of the same kind: whole or not, within 64 bits or not. */
export function standIn(source: string): number {
  const sign = source.startsWith('-') ? -1 : 1;
  if (!isWhole(source)) return sign / 2;
  return sign * (isInt64(source) ? STANDS_FOR_INT64 : STANDS_FOR_LONGER);
}

/** Whether it is a 64-bit integer, as far as its stand-in tells. */
export const isInt64Like = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) <= STANDS_FOR_INT64;

function isInt64(source: string): boolean {
  const [digits = '', power = ''] = decimalOf(source).split('e');
  if (digits.length + Number(power) > '-9223372036854775808'.length) return false;
  const whole = BigInt(digits + '0'.repeat(Number(power)));
  return BigInt.asIntN(64, whole) === whole;
}
