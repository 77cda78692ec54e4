/** Decides when there are too many failures: by their share in a time window, or by consecutive ones. */
import { CircuitState, ConsecutiveBreaker, type IBreaker } from 'cockatiel';
import type { Clock } from '../core/clock.ts';
import { LocalWindow, type Window } from '../core/shared/window.ts';

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
  readonly #window: Window;

  constructor(options: RatioOptions) {
    this.#options = options;
    this.#window = new LocalWindow(options.windowMs);
  }

  success(state: CircuitState): void {
    // A probe's success closes the circuit: what was before is over.
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
