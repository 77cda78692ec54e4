/**
 * Decides when a key that is not in the set may trigger another fetch.
 *
 * A token can name any key. After a fetch that did not bring the named key, unknown keys are
 * refused at once for a while, and for longer each time. Sending them gains nothing, and neither
 * the issuer nor other requests pay for them.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** After so much quiet it begins anew. */
const FORGET_MS = 60_000;

/** All moments on the monotonic clock, in ms. */
export class UnknownKeys {
  #pauseMs = 0;
  #until = Number.NEGATIVE_INFINITY;
  #missedBy = Number.NaN;

  /** Whether no fetch is allowed for an unknown key now. */
  isPaused(now: number): boolean {
    return now < this.#until;
  }

  /** The fetch that began at `fetchedAt` did not bring the key; many may have waited for the same one. */
  missed(fetchedAt: number, now: number): void {
    if (fetchedAt === this.#missedBy) return;
    this.#missedBy = fetchedAt;
    const before = now > this.#until + FORGET_MS ? 0 : this.#pauseMs;
    this.#pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, 2 * before), LONGEST_PAUSE_MS);
    this.#until = now + this.#pauseMs;
  }

  /** A fetch brought the key: the issuer has changed its keys. */
  found(): void {
    this.#pauseMs = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
