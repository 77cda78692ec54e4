/** Decides when failures are too many: by their share in a time window, or by their number in a row. */
import { CircuitState, ConsecutiveBreaker, type IBreaker } from 'cockatiel';
import type { Clock } from '../core/clock.ts';
import { LocalWindow, type Window } from '../core/shared/window.ts';

export interface RatioOptions {
  /** The share of failures that opens the circuit, between 0 and 1. */
  readonly ratio: number;
  /** The share counts only from this many calls in the window. */
  readonly minimum: number;
  readonly windowMs: number;
  readonly clock: Clock;
}

/** Opens after `failures` in a row. */
export const consecutiveFailures = (failures: number): IBreaker => new ConsecutiveBreaker(failures);

/**
 * Opens when the share of failures over the window is reached. The window moves with the clock. That of
 * cockatiel's own sampling breaker moves with traffic, so it remembers faults through a quiet hour.
 */
export class FailureRatio implements IBreaker {
  state: unknown = undefined;
  readonly #options: RatioOptions;
  readonly #window: Window;

  constructor(options: RatioOptions) {
    this.#options = options;
    this.#window = new LocalWindow(options.windowMs);
  }

  success(state: CircuitState): void {
    // A successful probe closes the circuit, so earlier outcomes no longer count.
    if (state === CircuitState.HalfOpen) this.#window.reset();
    this.#window.add(false, this.#options.clock.now());
  }

  failure(state: CircuitState): boolean {
    const { clock, minimum, ratio } = this.#options;
    const now = clock.now();
    this.#window.add(true, now);
    if (state !== CircuitState.Closed) return true;
    const { calls, failures } = this.#window.sum(now);
    return calls >= minimum && failures / calls >= ratio;
  }
}
