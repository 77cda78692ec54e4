/**
 * How long a circuit stays open, in the form that cockatiel needs.
 *
 * cockatiel compares a duration with the wall clock, which may be set back by an hour. So the duration is
 * computed once, on the gateway's clock, and cockatiel gets one that is infinitely far or already over.
 */
import type { IBackoff, IBackoffFactory, IHalfOpenAfterBackoffContext } from 'cockatiel';

export interface OpenTimeOptions {
  readonly openMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Doubles each time, up to ten times the first, plus up to a tenth of jitter. */
export class OpenTime implements IBackoffFactory<IHalfOpenAfterBackoffContext> {
  readonly #options: OpenTimeOptions;
  readonly #told: (ms: number) => void;
  readonly #isOver: () => boolean;
  readonly #failures: number;

  constructor(
    options: OpenTimeOptions,
    told: (ms: number) => void,
    isOver: () => boolean,
    failures = 0,
  ) {
    this.#options = options;
    this.#told = told;
    this.#isOver = isOver;
    this.#failures = failures;
  }

  next(): IBackoff<IHalfOpenAfterBackoffContext> {
    const { openMs, random } = this.#options;
    const duration = openMs * Math.min(2 ** this.#failures, 10) * (1 + random() / 10);
    this.#told(duration);
    const isOver = this.#isOver;
    const later = new OpenTime(this.#options, this.#told, isOver, this.#failures + 1);
    return {
      get duration() {
        return isOver() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      },
      next: () => later.next(),
    };
  }
}
