/** How long a circuit stays open, as cockatiel asks for it. */
import type { IBackoff, IBackoffFactory, IHalfOpenAfterBackoffContext } from 'cockatiel';

export interface OpenTimeOptions {
  readonly openMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Doubling, to ten times the first, up to a tenth more by jitter. */
export class OpenTime implements IBackoffFactory<IHalfOpenAfterBackoffContext> {
  readonly #options: OpenTimeOptions;
  readonly #told: (ms: number) => void;
  readonly #isEnded: () => boolean;
  readonly #failures: number;

  constructor(
    options: OpenTimeOptions,
    told: (ms: number) => void,
    isEnded: () => boolean,
    failures = 0,
  ) {
    this.#options = options;
    this.#told = told;
    this.#isEnded = isEnded;
    this.#failures = failures;
  }

  next(): IBackoff<IHalfOpenAfterBackoffContext> {
    const { openMs, random } = this.#options;
    const duration = openMs * Math.min(2 ** this.#failures, 10) * (1 + random() / 10);
    this.#told(duration);
    const isEnded = this.#isEnded;
    const later = new OpenTime(this.#options, this.#told, isEnded, this.#failures + 1);
    return {
      get duration() {
        return isEnded() ? 0 : duration;
      },
      next: () => later.next(),
    };
  }
}
