/**
 * The limits of a route that are decided at one moment: all of them apply, and a request that one
 * refuses is counted by none.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, type PluginCounter } from 'portico';
import { append, seconds } from '../shared/limit-fields.ts';
import type { Ask, Taken } from './gcra.ts';
import type { OpenRequests } from './open-requests.ts';
import type { Concurrency, RateAsk, Rule } from './rule.ts';

/** Where counts are kept. */
export interface Counts {
  takeAll(asks: readonly Ask[]): readonly Taken[] | Promise<readonly Taken[]>;
  giveBack(asks: readonly Ask[], taken: readonly Taken[]): void;
}

/** What one request asks of several limits: the key that the package hands on to the store. */
export class Claim {
  readonly asks: readonly RateAsk[];
  taken: readonly Taken[] = [];

  constructor(asks: readonly RateAsk[]) {
    this.asks = asks;
  }

  /** The binding limit that refuses for longest. */
  get refusal(): { readonly ask: RateAsk; readonly taken: Taken } | undefined {
    let longest: { readonly ask: RateAsk; readonly taken: Taken } | undefined;
    for (const [i, ask] of this.asks.entries()) {
      const taken = this.taken[i]!;
      if (taken.allowed || !ask.isBinding) continue;
      if (longest === undefined || longest.taken.resetMs < taken.resetMs) longest = { ask, taken };
    }
    return longest;
  }
}

export interface LimitSurroundings {
  readonly app: FastifyInstance;
  readonly counts: Counts;
  readonly open: OpenRequests;
  /** What earlier limits of the same request have counted, where more are to come. */
  readonly earlier: WeakMap<FastifyRequest, Claim>;
  readonly refused: PluginCounter;
  /** Called for each request that a dry run would have refused. */
  readonly report: (request: FastifyRequest, limit: string) => void;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;

export class LimitSet {
  readonly #rules: readonly Rule[];
  readonly #around: LimitSurroundings;
  /** Others follow in a later phase. */
  readonly #isFirst: boolean;
  readonly #check: Check | undefined;

  constructor(rules: readonly Rule[], isFirst: boolean, around: LimitSurroundings) {
    this.#rules = rules;
    this.#around = around;
    this.#isFirst = isFirst;
    const asks = rules.flatMap(({ ask }) => ask ?? []);
    if (asks.length === 0) return;
    this.#check = around.app.createRateLimit({
      max: 1,
      // It is only handed on to the store, which is ours; the package's types know texts alone.
      keyGenerator: (request) => new Claim(asks.map((ask) => ask(request))) as unknown as string,
    });
  }

  /** @throws GW_RATE_LIMITED; GW_DEPENDENCY_DOWN if counts are required but not available */
  async apply(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const rule of this.#rules) {
      if (rule.concurrency !== undefined) this.#enter(rule, rule.concurrency, request, reply);
    }
    if (this.#check === undefined) return;
    const claim = await this.#claim(this.#check, request);
    this.#tell(claim, request, reply);
    const { refusal } = claim;
    if (refusal !== undefined) {
      const { ask, taken } = refusal;
      const detail = `more than ${ask.max} in ${ask.windowMs / 1_000} s`;
      throw this.#refuse(request, detail, taken.resetMs);
    }
    if (this.#isFirst) this.#around.earlier.set(request, claim);
  }

  async #claim(check: Check, request: FastifyRequest): Promise<Claim> {
    try {
      const result = await check(request);
      return result.key as unknown as Claim;
    } catch (error) {
      this.#giveBack(request);
      throw error;
    }
  }

  #enter(
    { isReport }: Rule,
    { name, policy, max, keyOf }: Concurrency,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { open } = this.#around;
    const key = keyOf(request);
    const isOver = open.of(key) >= max;
    if (!isOver || isReport) open.enter(key, reply);
    if (isReport) {
      if (isOver) this.#around.report(request, name);
      return;
    }
    append(reply, 'ratelimit-policy', policy);
    append(reply, 'ratelimit', `"${name}";r=${max - open.of(key)}`);
    if (isOver) throw this.#refuse(request, `more than ${max} open at once`, 1_000);
  }

  #tell(claim: Claim, request: FastifyRequest, reply: FastifyReply): void {
    for (const [i, { isBinding, rate }] of claim.asks.entries()) {
      const { allowed, remaining, resetMs } = claim.taken[i]!;
      if (isBinding) {
        append(reply, 'ratelimit-policy', rate.policy);
        const reset = resetMs > 0 ? seconds(resetMs) : 0;
        append(reply, 'ratelimit', `"${rate.name}";r=${remaining};t=${reset}`);
      } else if (!allowed) this.#around.report(request, rate.name);
    }
  }

  #refuse(request: FastifyRequest, detail: string, retryAfterMs: number): GatewayError {
    this.#giveBack(request);
    this.#around.refused.inc({ route: request.gateway.route });
    return new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs });
  }

  /** What the limits of an earlier phase have counted for a request that is refused now. */
  #giveBack(request: FastifyRequest): void {
    const { counts, earlier } = this.#around;
    const claim = this.#isFirst ? undefined : earlier.get(request);
    if (claim === undefined) return;
    earlier.delete(request);
    counts.giveBack(claim.asks, claim.taken);
  }
}

/** The package's store interface over ours; every limiter shares it, since keys name their limit. */
export function storeOver(counts: Counts) {
  type Done = (error: Error | null, result?: { current: number; ttl: number }) => void;
  return class SharedStore {
    /** What is decided is in the claim; the package is only told to let it pass. */
    incr(key: unknown, done: Done): void {
      // Of the only kind that is handed on: see LimitSet.
      const claim = key as Claim;
      const settle = (taken: readonly Taken[]): void => {
        claim.taken = taken;
        done(null, { current: 1, ttl: 0 });
      };
      const taken = counts.takeAll(claim.asks);
      if (taken instanceof Promise) taken.then(settle, done);
      else settle(taken);
    }

    child(): this {
      return this;
    }
  };
}
