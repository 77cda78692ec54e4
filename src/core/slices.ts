/**
 * Does long work in slices, so that other work gets its turn in between.
 *
 * The work offers to pause after each small piece; most offers cause no pause.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A long piece of work or a garbage collection may make a slice longer. */
const SLICE_MS = 8;

export class Slices {
  readonly #turn: () => Promise<void>;
  #endsAt = performance.now() + SLICE_MS;

  /** @param turn waits for the next slice; default: until other work had its turn */
  constructor(turn: () => Promise<void> = nextTurn) {
    this.#turn = turn;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Lets other work run if the slice is over. */
  async pause(): Promise<void> {
    if (this.isOver) await this.next();
  }

  /** Lets other work run now: between two steps that each take a part of a slice. */
  async next(): Promise<void> {
    await this.#turn();
    this.#endsAt = performance.now() + SLICE_MS;
  }
}

/**
 * Turns for several pieces of work: one of them at a time, so that together they hold up other work no longer than
 * one alone.
 */
export function sharedTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(() => nextTurn()));
}

/** Runs `work` and returns its result; other work may run wherever it yields. */
export async function inSlices<T>(
  work: Iterator<unknown, T>,
  slices: Slices = new Slices(),
): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await slices.pause();
  }
}
