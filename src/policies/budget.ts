/**
 * How many retries an upstream may be sent: a share of its calls, so that retries never multiply an
 * outage, and a few a second even where there is little traffic.
 */
import type { Clock } from '../core/clock.ts';

const WINDOW_MS = 10_000;
const BUCKETS = 10;
/** Always allowed, whatever the share says. */
const RESERVE_PER_SECOND = 3;

export class RetryBudget {
  readonly #clock: Clock;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #retries = new Float64Array(BUCKETS);
  #bucket: number;
  #reserve = RESERVE_PER_SECOND;
  #reserveAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = this.#now();
    this.#reserveAt = clock.now();
  }

  /** A client's call has begun. */
  deposit(): void {
    this.#roll();
    this.#calls[this.#bucket % BUCKETS]! += 1;
  }

  /**
   * May one more retry be sent? Counts it if so.
   *
   * @param share of the calls of the last 10 s, between 0 and 1; routes may differ in it
   */
  withdraw(share: number): boolean {
    this.#roll();
    const retries = sum(this.#retries);
    if (retries + 1 <= share * sum(this.#calls)) {
      this.#retries[this.#bucket % BUCKETS]! += 1;
      return true;
    }
    return this.#withdrawReserve();
  }

  #withdrawReserve(): boolean {
    const now = this.#clock.now();
    const earned = ((now - this.#reserveAt) / 1_000) * RESERVE_PER_SECOND;
    this.#reserve = Math.min(RESERVE_PER_SECOND, this.#reserve + earned);
    this.#reserveAt = now;
    if (this.#reserve < 1) return false;
    this.#reserve -= 1;
    return true;
  }

  #now(): number {
    return Math.floor(this.#clock.now() / (WINDOW_MS / BUCKETS));
  }

  /** Empties the buckets that time has passed over. */
  #roll(): void {
    const now = this.#now();
    const passed = Math.min(now - this.#bucket, BUCKETS);
    for (let i = 1; i <= passed; i++) {
      this.#calls[(this.#bucket + i) % BUCKETS] = 0;
      this.#retries[(this.#bucket + i) % BUCKETS] = 0;
    }
    this.#bucket = now;
  }
}

function sum(buckets: Float64Array): number {
  let total = 0;
  for (const count of buckets) total += count;
  return total;
}
