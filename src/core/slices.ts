/**
 * Long work in slices: between two of them, other work gets its turn.
 *
 * The worker offers to pause after each small piece; most offers cause no pause.
 */
import { setImmediate as turn } from 'node:timers/promises';

/** A piece of work, or a collection of garbage, may make one longer. */
const SLICE_MS = 8;

export class Slices {
  #endsAt = performance.now() + SLICE_MS;

  /** Lets others run where the slice is over. */
  async pause(): Promise<void> {
    if (performance.now() < this.#endsAt) return;
    await turn();
    this.#endsAt = performance.now() + SLICE_MS;
  }
}

/** What `work` returns; it may be interrupted wherever it yields. */
export async function inSlices<T>(work: Iterator<unknown, T>): Promise<T> {
  const slices = new Slices();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await slices.pause();
  }
}
