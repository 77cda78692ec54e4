/**
 * The plain limit, counted in memory: a limiter of the package, and the fields that report it. Everything
 * else is {@link LimitSet}'s, which costs a little more.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, type PluginCounter } from 'portico';
import { append, ratePolicy, wholeSeconds } from './fields.ts';
import { keyOf } from './key.ts';

export interface LimitOptions {
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
  /** A source. */
  readonly by: string;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;
type Result = Awaited<ReturnType<Check>>;

export class Limiter {
  readonly #options: LimitOptions;
  readonly #refused: PluginCounter;
  readonly #check: Check;
  /** `RateLimit-Policy`, which never changes. */
  readonly #policy: string;

  constructor(options: LimitOptions, app: FastifyInstance, refused: PluginCounter) {
    const { max, window, by } = options;
    this.#options = options;
    this.#refused = refused;
    this.#policy = ratePolicy(by, max, window);
    const keyGenerator = keyOf(by, `${max}/${window}`);
    this.#check = app.createRateLimit({ max, timeWindow: window, keyGenerator });
  }

  /** Counts a request, and tells the client what remains. @throws GW_RATE_LIMITED */
  apply(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.#check(request).then((result) => this.#tell(result, request, reply));
  }

  #tell(result: Result, request: FastifyRequest, reply: FastifyReply): void {
    if (result.isAllowed) return;
    const { remaining, ttl, isExceeded } = result;
    const { max, window, by } = this.#options;
    append(reply, 'ratelimit-policy', this.#policy);
    append(reply, 'ratelimit', `"${by}";r=${remaining};t=${wholeSeconds(ttl)}`);
    if (!isExceeded) return;
    this.#refused.inc({ route: request.gateway.route });
    const detail = `more than ${max} in ${window / 1_000} s`;
    throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: ttl });
  }
}
