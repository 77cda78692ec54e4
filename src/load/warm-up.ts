/**
 * Says when a rate has stopped changing.
 *
 * V8 compiles what runs often, in steps, for seconds: a gateway that has just started takes several times
 * as long for a request, and its first figures say nothing about the later ones.
 */

/** The longest warm-up of a rate that does not become steady. */
export const LONGEST_WARM_UP_MS = 20_000;
/** Between two looks at the rate. */
export const WINDOW_MS = 500;
/** Windows that are compared with as many before them. */
const COMPARED = 4;
/** So far the two may be apart. */
const TOLERANCE = 0.05;

export class WarmUp {
  readonly #counts: number[] = [];

  /** @param answers within the last window */
  add(answers: number): void {
    this.#counts.push(answers);
  }

  /** The last two seconds were like the two before; never while nothing is answered. */
  get isSteady(): boolean {
    const now = sum(this.#counts.slice(-COMPARED));
    const before = sum(this.#counts.slice(-2 * COMPARED, -COMPARED));
    if (this.#counts.length < 2 * COMPARED || now === 0) return false;
    return Math.abs(now - before) <= TOLERANCE * now;
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
