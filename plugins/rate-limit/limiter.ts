/**
 * The plain limit, counted in memory: one look at the store, and the fields that report it. Everything else is
 * {@link LimitSet}'s, which goes through the package: its wrapper costs a promise that nothing waits for here.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, type PluginCounter } from 'portico';
import { append, ratePolicy, wholeSeconds } from '../shared/limit-fields.ts';
import type { GcraMemory } from './gcra.ts';
import type { KeyOf } from './key.ts';

export interface LimitOptions {
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
  /** A source. */
  readonly by: string;
}

export class Limiter {
  readonly #options: LimitOptions;
  readonly #counts: GcraMemory;
  readonly #refused: PluginCounter;
  readonly #keyOf: KeyOf;
  /** `RateLimit-Policy`, which never changes. */
  readonly #policy: string;

  constructor(options: LimitOptions, keyOf: KeyOf, counts: GcraMemory, refused: PluginCounter) {
    const { max, window, by } = options;
    this.#options = options;
    this.#counts = counts;
    this.#refused = refused;
    this.#policy = ratePolicy(by, max, window);
    this.#keyOf = keyOf;
  }

  /** Counts a request, and tells the client what remains. @throws GW_RATE_LIMITED */
  apply(request: FastifyRequest, reply: FastifyReply): void {
    const { max, window, by } = this.#options;
    const { allowed, remaining, resetMs } = this.#counts.take(this.#keyOf(request), max, window);
    append(reply, 'ratelimit-policy', this.#policy);
    append(reply, 'ratelimit', `"${by}";r=${remaining};t=${wholeSeconds(resetMs)}`);
    if (allowed) return;
    this.#refused.inc({ route: request.gateway.route });
    const detail = `more than ${max} in ${window / 1_000} s`;
    throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: resetMs });
  }
}
