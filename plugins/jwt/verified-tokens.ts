/**
 * Tokens that have been verified, by their text: checking a signature again for each request would
 * cost more than all the rest of the gateway.
 *
 * An entry ends with its token, after a minute, when the key set changes, or when it is revoked. Failures are not kept.
 */
import type { Consumer } from 'portico';

export interface VerifiedToken {
  readonly consumer: Consumer;
  /** Name of the issuer in the config. */
  readonly issuer: string;
  /** Of the key set that verified it. */
  readonly epoch: number;
  /** Wall clock, ms. */
  readonly expiresAt: number;
}

const MAX_AGE_MS = 60_000;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** What an entry takes besides its text, roughly: claims are as long as the token. */
const OVERHEAD_BYTES = 1_024;

const bytesOf = (token: string): number => 3 * token.length + OVERHEAD_BYTES;

/**
 * A Map: no entry lives longer than a minute, so that the first one in is as good to drop as the one
 * that was used least recently, and a look-up moves nothing.
 */
export class VerifiedTokens {
  readonly #entries = new Map<string, VerifiedToken>();
  #bytes = 0;

  /** The entry of `token`, unless it has ended. `epochOf` tells an issuer's present epoch. */
  get(token: string, now: number, epochOf: (issuer: string) => number): VerifiedToken | undefined {
    const entry = this.#entries.get(token);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > now && entry.epoch === epochOf(entry.issuer)) return entry;
    this.#delete(token);
    return undefined;
  }

  /** Keeps what was verified, until `expiresAt` at the most. */
  set(token: string, entry: VerifiedToken, now: number): void {
    const expiresAt = Math.min(entry.expiresAt, now + MAX_AGE_MS);
    if (expiresAt <= now) return;
    this.#delete(token);
    this.#entries.set(token, { ...entry, expiresAt });
    this.#bytes += bytesOf(token);
    for (const [oldest, { expiresAt: end }] of this.#entries) {
      if (this.#bytes <= MAX_BYTES && end > now) return;
      this.#delete(oldest);
    }
  }

  /** Drops the entries that `isOver` says have ended; looks at all of them. */
  forget(isOver: (entry: VerifiedToken) => boolean): void {
    for (const [token, entry] of this.#entries) if (isOver(entry)) this.#delete(token);
  }

  #delete(token: string): void {
    if (this.#entries.delete(token)) this.#bytes -= bytesOf(token);
  }
}
