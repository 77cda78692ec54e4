/**
 * Tokens that have been verified, by their text: checking a signature again for each request would
 * cost more than all the rest of the gateway.
 *
 * An entry ends with its token, after a minute, or when the key set changes. Failures are not kept.
 */
import { LRUCache } from 'lru-cache';
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

export class VerifiedTokens {
  readonly #entries = new LRUCache<string, VerifiedToken>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_value, token) => 3 * token.length + OVERHEAD_BYTES,
  });

  /** The entry of `token`, unless it has ended. `epochOf` tells an issuer's present epoch. */
  get(token: string, now: number, epochOf: (issuer: string) => number): VerifiedToken | undefined {
    const entry = this.#entries.get(token);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > now && entry.epoch === epochOf(entry.issuer)) return entry;
    this.#entries.delete(token);
    return undefined;
  }

  /** Keeps what was verified, until `expiresAt` at the most. */
  set(token: string, entry: VerifiedToken, now: number): void {
    const expiresAt = Math.min(entry.expiresAt, now + MAX_AGE_MS);
    if (expiresAt > now) this.#entries.set(token, { ...entry, expiresAt });
  }
}
