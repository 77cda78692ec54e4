/**
 * Tokens that are refused before they expire: single ones by `jti`, all of a subject by when they were
 * issued. Kept in memory while the gateway runs: each process has its own list, and may share it with
 * others (shared-revocations.ts).
 */
import { type Claims, GatewayError, z } from 'portico';
import type { VerifiedTokens } from './verified-tokens.ts';

/** A hundred bytes or two each. */
export const MAX_REVOCATIONS = 100_000;

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

export interface Entry {
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

  /** All that is known, by key. */
  entries(): (readonly [key: string, entry: Entry])[] {
    return [...this.#entries];
  }

  /**
   * @returns what is known from now on, by its key
   * @throws GW_OVERLOADED when the list is full: none is forgotten for another
   */
  add(revocation: Revocation, nowMs: number): readonly [key: string, entry: Entry] {
    const key = keyOf(revocation);
    const isKnown = this.#entries.has(key);
    if (!isKnown && this.size >= MAX_REVOCATIONS) this.#sweep(nowMs);
    if (!isKnown && this.size >= MAX_REVOCATIONS) {
      throw new GatewayError('GW_OVERLOADED', `${MAX_REVOCATIONS} revocations are already stored`);
    }
    const { until = Infinity } = revocation;
    const before = 'before' in revocation ? revocation.before : Infinity;
    this.#grow(key, { before, until });
    this.#forgetTokens(nowMs);
    return [key, this.#entries.get(key)!];
  }

  /** Takes over what other gateways know; their lists are bounded as well. */
  learn(entries: readonly (readonly [key: string, entry: Entry])[], nowMs: number): void {
    if (this.size + entries.length > MAX_REVOCATIONS) this.#sweep(nowMs);
    const isNews = entries.map(([key, entry]) => this.#grow(key, entry)).includes(true);
    if (isNews) this.#forgetTokens(nowMs);
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

  /** An earlier time takes no later one back. @returns whether that is news */
  #grow(key: string, { before, until }: Entry): boolean {
    const known = this.#entries.get(key) ?? { before: 0, until: 0 };
    if (this.#entries.has(key) && known.before >= before && known.until >= until) return false;
    this.#entries.set(key, {
      before: Math.max(before, known.before),
      until: Math.max(until, known.until),
    });
    return true;
  }

  /** Those that were verified, and are refused by now. */
  #forgetTokens(nowMs: number): void {
    for (const cache of this.#caches) {
      cache.forget(({ issuer, consumer }) => this.revoke(issuer, consumer.claims, nowMs));
    }
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
