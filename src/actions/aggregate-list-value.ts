/** The value of a part that was called for each element of a list. */
import { type PartValue, shownOf } from './aggregate-part.ts';

/** The answers, `undefined` for an element that failed. */
export class ListValue {
  readonly bytes: Buffer;
  readonly #values: readonly (PartValue | undefined)[];

  constructor(bytes: Buffer, values: readonly (PartValue | undefined)[]) {
    this.bytes = bytes;
    this.#values = values;
  }

  /** What other parts refer to. */
  get exact(): unknown {
    return this.#values.map((value) => value?.exact ?? null);
  }

  /** What goes out: of each answer what `select` keeps, so that each element stays in its place. */
  shownBy(select: (value: unknown) => unknown): unknown {
    return this.#values.map((value) => (value && select(shownOf(value))) ?? null);
  }
}
