/**
 * How many retries an upstream may get: a share of its calls, so that retries never multiply an outage,
 * plus a few per second, even with little traffic.
 */
import type { Clock } from '../core/clock.ts';
import { LocalWindow, type Window } from '../core/shared/window.ts';

/** Synchronous: nothing in it is awaited. */
export interface RetryBudget {
  /** A client's call has begun. */
  deposit(): void;
  /**
   * May one more retry be sent? Counts it if so.
   *
   * @param share of the calls of the last 10 s, between 0 and 1; routes may differ in it
   */
  withdraw(share: number): boolean;
}

const WINDOW_MS = 10_000;
/** Always allowed, whatever the share says. */
const RESERVE_PER_SECOND = 3;

/** The budget of one upstream, shared by all its routes. */
export class WindowBudget implements RetryBudget {
  readonly #clock: Clock;
  readonly #calls: Window = new LocalWindow(WINDOW_MS);
  readonly #retries: Window = new LocalWindow(WINDOW_MS);
  #reserve = RESERVE_PER_SECOND;
  #reserveAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#reserveAt = clock.now();
  }

  deposit(): void {
    this.#calls.add(false, this.#clock.now());
  }

  withdraw(share: number): boolean {
    const now = this.#clock.now();
    if (this.#retries.sum(now).calls + 1 > share * this.#calls.sum(now).calls) {
      return this.#withdrawReserve(now);
    }
    this.#retries.add(false, now);
    return true;
  }

  #withdrawReserve(now: number): boolean {
    const earned = ((now - this.#reserveAt) / 1_000) * RESERVE_PER_SECOND;
    this.#reserve = Math.min(RESERVE_PER_SECOND, this.#reserve + earned);
    this.#reserveAt = now;
    if (this.#reserve < 1) return false;
    this.#reserve -= 1;
    return true;
  }
}
