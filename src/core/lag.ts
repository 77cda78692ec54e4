/**
 * How far a client is behind: the time for which it has kept the gateway waiting, less what its bytes are worth.
 *
 * Bytes pay at a fixed rate, so that a byte now and then does not make a slow client look like one that
 * has only just paused. A client that keeps up with that rate is never behind for long.
 */

/** 16 KiB a second. */
const PAID_BYTES_PER_MS = 16.384;

export class Lag {
  #owedMs = 0;
  #since: number | undefined;

  /** From `now` on we wait for the client. */
  begin(now: number): void {
    this.#since ??= now;
  }

  /** The client has moved `bytes`; until the next `begin` we do not wait for it. */
  end(now: number, bytes: number): void {
    const waitedMs = this.#since === undefined ? 0 : now - this.#since;
    this.#owedMs = Math.max(this.#owedMs + waitedMs - bytes / PAID_BYTES_PER_MS, 0);
    this.#since = undefined;
  }

  /** In milliseconds; 0 while we do not wait for it. */
  at(now: number): number {
    return this.#since === undefined ? 0 : this.#owedMs + now - this.#since;
  }
}
