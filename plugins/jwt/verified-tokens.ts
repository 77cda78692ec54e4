/**
 * Caches verified tokens by their text: checking a signature again for each request would
 * cost more than the rest of the gateway together.
 *
 * An entry ends with its token, after a minute, when the key set changes, or when it is revoked. Failures are not cached.
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

/** With its age on the monotonic clock: a wall clock that is set back makes nothing younger. */
interface KeptToken extends VerifiedToken {
  readonly keptAt: number;
}

const MAX_AGE_MS = 60_000;
const isYoung = ({ keptAt }: KeptToken): boolean => performance.now() - keptAt < MAX_AGE_MS;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** What an entry takes besides its text, roughly: claims are as long as the token. */
const OVERHEAD_BYTES = 1_024;

const bytesOf = (token: string): number => 3 * token.length + OVERHEAD_BYTES;

/**
 * A Map: no entry lives longer than a minute, so that the first one in is as good to drop as the one
 * that was used least recently, and a look-up moves nothing.
 */
export class VerifiedTokens {
  readonly #entries = new Map<string, KeptToken>();
  #bytes = 0;

  /** The entry of `token`, unless it has ended. `epochOf` tells an issuer's present epoch. */
  get(token: string, now: number, epochOf: (issuer: string) => number): VerifiedToken | undefined {
    const entry = this.#entries.get(token);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > now && isYoung(entry) && entry.epoch === epochOf(entry.issuer))
      return entry;
    this.#delete(token);
    return undefined;
  }

  /** Keeps what was verified, until `expiresAt` at the most. */
  set(token: string, entry: VerifiedToken, now: number): void {
    if (entry.expiresAt <= now) return;
    this.#delete(token);
    this.#entries.set(token, { ...entry, keptAt: performance.now() });
    this.#bytes += bytesOf(token);
    for (const [oldest, kept] of this.#entries) {
      if (this.#bytes <= MAX_BYTES && kept.expiresAt > now && isYoung(kept)) return;
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
