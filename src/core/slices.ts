/**
 * Does long work in slices, so that other work gets its turn in between.
 *
 * The work offers to pause after each small piece; most offers cause no pause.
 */
import { setImmediate as turn } from 'node:timers/promises';

/** A long piece of work or a garbage collection may make a slice longer. */
const SLICE_MS = 8;

export class Slices {
  #endsAt = performance.now() + SLICE_MS;

  /** Lets other work run if the slice is over. */
  async pause(): Promise<void> {
    if (performance.now() >= this.#endsAt) await this.next();
  }

  /** Lets other work run now: between two steps that each take a part of a slice. */
  async next(): Promise<void> {
    await turn();
    this.#endsAt = performance.now() + SLICE_MS;
  }
}

/** Runs `work` and returns its result; other work may run wherever it yields. */
export async function inSlices<T>(work: Iterator<unknown, T>): Promise<T> {
  const slices = new Slices();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await slices.pause();
  }
}
