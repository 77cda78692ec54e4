/** When failures are too many: by their share over a window of time, or by their number in a row. */
import { CircuitState, ConsecutiveBreaker, type IBreaker } from 'cockatiel';
import type { Clock } from '../core/clock.ts';

const BUCKETS = 10;

export interface RatioOptions {
  /** Share of failures that is too much, between 0 and 1. */
  readonly ratio: number;
  /** Calls in the window before the share counts. */
  readonly minimum: number;
  readonly windowMs: number;
  readonly clock: Clock;
}

/** Opens after `failures` in a row. */
export const consecutiveFailures = (failures: number): IBreaker => new ConsecutiveBreaker(failures);

/**
 * Opens when the share of failures over the window is reached. Rotates by the clock, where
 * cockatiel's own sampling breaker rotates by traffic and so remembers a quiet hour's faults.
 */
export class FailureRatio implements IBreaker {
  state: unknown = undefined;
  readonly #options: RatioOptions;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #failures = new Float64Array(BUCKETS);
  #bucket: number;

  constructor(options: RatioOptions) {
    this.#options = options;
    this.#bucket = this.#now();
  }

  success(state: CircuitState): void {
    // A probe's success closes the circuit: what was before is over.
    if (state === CircuitState.HalfOpen) this.#reset();
    this.#count(0);
  }

  failure(state: CircuitState): boolean {
    this.#count(1);
    if (state !== CircuitState.Closed) return true;
    let calls = 0;
    let failures = 0;
    for (let i = 0; i < BUCKETS; i++) {
      calls += this.#calls[i]!;
      failures += this.#failures[i]!;
    }
    return calls >= this.#options.minimum && failures / calls >= this.#options.ratio;
  }

  #count(failures: number): void {
    this.#roll();
    this.#calls[this.#bucket % BUCKETS]! += 1;
    this.#failures[this.#bucket % BUCKETS]! += failures;
  }

  #now(): number {
    const { clock, windowMs } = this.#options;
    return Math.floor(clock.now() / (windowMs / BUCKETS));
  }

  #roll(): void {
    const now = this.#now();
    const passed = Math.min(now - this.#bucket, BUCKETS);
    for (let i = 1; i <= passed; i++) {
      this.#calls[(this.#bucket + i) % BUCKETS] = 0;
      this.#failures[(this.#bucket + i) % BUCKETS] = 0;
    }
    this.#bucket = now;
  }

  #reset(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
  }
}
