/**
 * Tokens that are refused before they expire: single ones by `jti`, all of a subject by when they were
 * issued. Kept in memory, as long as the gateway runs: each process has its own.
 */
import { GatewayError, z } from 'portico';
import type { Claims } from './claims.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

/** A hundred bytes or two each. */
const MAX_REVOCATIONS = 100_000;

/** Seconds since 1970, as tokens count; milliseconds would revoke for ever. */
const time = z.number().min(0).max(99_999_999_999);
const text = z.string().min(1).max(256);

export const Revocation = z.union(
  [
    z.strictObject({ jti: text, until: time }),
    z.strictObject({ sub: text, issuer: text, before: time, until: time.optional() }),
  ],
  'send {"jti", "until"} or {"sub", "issuer", "before"}, times in seconds since 1970',
);
export type Revocation = z.output<typeof Revocation>;

interface Entry {
  /** Issued earlier than this: refused. Seconds. */
  readonly before: number;
  /** Seconds; then it is forgotten. */
  readonly until: number;
}

export class Revocations {
  readonly #entries = new Map<string, Entry>();
  /** Where tokens are remembered that have been verified: what is revoked ends there at once. */
  readonly #caches = new Set<VerifiedTokens>();

  get size(): number {
    return this.#entries.size;
  }

  watch(cache: VerifiedTokens): void {
    this.#caches.add(cache);
  }

  unwatch(cache: VerifiedTokens): void {
    this.#caches.delete(cache);
  }

  /** @throws GW_OVERLOADED when the list is full: none is forgotten for another */
  add(revocation: Revocation, nowMs: number): void {
    const key = keyOf(revocation);
    const known = this.#entries.get(key);
    if (known === undefined && this.size >= MAX_REVOCATIONS) this.#sweep(nowMs);
    if (known === undefined && this.size >= MAX_REVOCATIONS) {
      throw new GatewayError('GW_OVERLOADED', `${MAX_REVOCATIONS} revocations are kept already`);
    }
    const { until = Infinity } = revocation;
    const before = 'before' in revocation ? revocation.before : Infinity;
    this.#entries.set(key, {
      before: Math.max(before, known?.before ?? 0),
      until: Math.max(until, known?.until ?? 0),
    });
    for (const cache of this.#caches) {
      cache.forget(({ issuer, consumer }) => this.revoke(issuer, consumer.claims, nowMs));
    }
  }

  /** Is a token with these claims refused? `issuer` by its name in the config. */
  revoke(issuer: string, { jti, sub, iat }: Claims, nowMs: number): boolean {
    if (this.size === 0) return false;
    const now = nowMs / 1_000;
    // One that does not say when it was issued may be as old as any.
    const issuedAt = typeof iat === 'number' ? iat : 0;
    return [
      typeof jti === 'string' ? this.#entries.get(idKey(jti)) : undefined,
      typeof sub === 'string' ? this.#entries.get(subjectKey(issuer, sub)) : undefined,
    ].some((entry) => entry !== undefined && entry.until > now && issuedAt < entry.before);
  }

  #sweep(nowMs: number): void {
    for (const [key, { until }] of this.#entries) {
      if (until * 1_000 <= nowMs) this.#entries.delete(key);
    }
  }
}

const keyOf = (revocation: Revocation): string =>
  'jti' in revocation ? idKey(revocation.jti) : subjectKey(revocation.issuer, revocation.sub);

const idKey = (jti: string): string => JSON.stringify([jti]);
const subjectKey = (issuer: string, sub: string): string => JSON.stringify([issuer, sub]);
