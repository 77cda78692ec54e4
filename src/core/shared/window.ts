/**
 * Counts recent calls and how many of them failed, in a window that moves with the clock.
 *
 * It is synchronous and does not know whose calls these are, so that threads could share one.
 */

export interface Window {
  /** @param at now, on the gateway's clock, in milliseconds */
  add(isFailure: boolean, at: number): void;
  sum(at: number): WindowSum;
  /** Forgets everything. */
  reset(): void;
}

export interface WindowSum {
  /** All calls, including failures. */
  readonly calls: number;
  readonly failures: number;
}

const BUCKETS = 10;

/** A window of this thread only: ten buckets, of which the oldest is emptied as time passes. */
export class LocalWindow implements Window {
  readonly #bucketMs: number;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #failures = new Float64Array(BUCKETS);
  /** Number of the current bucket, counted from the clock's start. */
  #bucket = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  add(isFailure: boolean, at: number): void {
    this.#roll(at);
    this.#calls[this.#bucket % BUCKETS]! += 1;
    if (isFailure) this.#failures[this.#bucket % BUCKETS]! += 1;
  }

  sum(at: number): WindowSum {
    this.#roll(at);
    let calls = 0;
    let failures = 0;
    for (let i = 0; i < BUCKETS; i++) {
      calls += this.#calls[i]!;
      failures += this.#failures[i]!;
    }
    return { calls, failures };
  }

  reset(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
  }

  /** Empties the buckets that time has passed. */
  #roll(at: number): void {
    const now = Math.floor(at / this.#bucketMs);
    const passed = Math.min(now - this.#bucket, BUCKETS);
    for (let i = 1; i <= passed; i++) {
      this.#calls[(this.#bucket + i) % BUCKETS] = 0;
      this.#failures[(this.#bucket + i) % BUCKETS] = 0;
    }
    this.#bucket = now;
  }
}
