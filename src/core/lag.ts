/**
 * How far a client is behind: the time for which it has kept the gateway waiting, minus the time that its
 * bytes are worth.
 *
 * Bytes count at a fixed rate. So a slow client that sends a byte now and then does not look like one
 * that has just paused, and a client that keeps up with the rate is never behind for long.
 */

/** 16 KiB per second. */
const PAID_BYTES_PER_MS = 16.384;

export class Lag {
  #owedMs = 0;
  #since: number | undefined;

  /** The gateway waits for the client from `now` on. */
  begin(now: number): void {
    this.#since ??= now;
  }

  /** The client has moved `bytes`; the gateway does not wait for it until the next `begin`. */
  end(now: number, bytes: number): void {
    const waitedMs = this.#since === undefined ? 0 : now - this.#since;
    this.#owedMs = Math.max(this.#owedMs + waitedMs - bytes / PAID_BYTES_PER_MS, 0);
    this.#since = undefined;
  }

  /** The lag in milliseconds; 0 while the gateway does not wait for the client. */
  at(now: number): number {
    return this.#since === undefined ? 0 : this.#owedMs + now - this.#since;
  }
}
