/** The quotas of one route: all of them count a request, or one refuses it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  GatewayError,
  type HookExplanation,
  type PluginCounter,
  type PluginHooks,
  type ResponseHead,
} from 'portico';
import { append, ratePolicy, seconds } from '../shared/limit-fields.ts';
import type { CompiledQuota } from './compiled.ts';
import type { Ask, Counts, Decision } from './counts.ts';
import { MemoryCounts } from './memory-counts.ts';

export interface QuotaSurroundings {
  readonly counts: Counts;
  readonly exceeded: PluginCounter;
}

interface Counted {
  readonly asks: readonly Ask[];
  readonly decision: Decision;
}

export class RouteQuotas {
  readonly #quotas: readonly CompiledQuota[];
  readonly #around: QuotaSurroundings;
  /** Those that give back what fails. */
  readonly #refunding: ReadonlySet<number>;
  /** What requests have counted that may be given back. */
  readonly #counted = new WeakMap<FastifyRequest, Counted>();

  constructor(quotas: readonly CompiledQuota[], around: QuotaSurroundings) {
    this.#quotas = quotas;
    this.#around = around;
    this.#refunding = new Set(quotas.flatMap(({ quota }, i) => (quota.refund ? i : [])));
  }

  hooks(): PluginHooks {
    return {
      phase: 'limitConsumer',
      onRequest: (request, reply) => this.#apply(request, reply),
      explain: (request) => this.#explain(request),
      ...(this.#refunding.size > 0 && {
        onResponse: (request: FastifyRequest, head: ResponseHead) => this.#refund(request, head),
      }),
    };
  }

  /** @throws GW_QUOTA_EXCEEDED; GW_DEPENDENCY_DOWN if the store must answer and does not */
  #apply(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const asks = this.#quotas.map((quota) => quota.ask(request));
    const decision = this.#around.counts.take(asks);
    if (decision instanceof Promise) {
      return decision.then((settled) => this.#settle(request, reply, { asks, decision: settled }));
    }
    return this.#settle(request, reply, { asks, decision });
  }

  #settle(request: FastifyRequest, reply: FastifyReply, counted: Counted): void {
    const { asks, decision } = counted;
    for (const [i, { window, used }] of decision.taken.entries()) {
      const [{ name }, { limit }] = [this.#quotas[i]!, asks[i]!];
      append(reply, 'ratelimit-policy', ratePolicy(name, limit, window.endMs - window.startMs));
      const left = Math.max(0, limit - used);
      append(reply, 'ratelimit', `"${name}";r=${left};t=${seconds(window.endMs - decision.now)}`);
    }
    if (!decision.isAdmitted) throw this.#refusal(request, counted);
    if (this.#refunding.size > 0) this.#counted.set(request, counted);
  }

  #refusal(request: FastifyRequest, counted: Counted): GatewayError {
    const { route } = request.gateway;
    for (const { quota } of this.#usedUp(counted)) {
      this.#around.exceeded.inc({ route, quota: quota.name });
    }
    return this.#errorOf(counted);
  }

  /** The quotas that refuse. */
  #usedUp({ asks, decision }: Counted) {
    return decision.taken.flatMap(({ window, used }, i) =>
      used < asks[i]!.limit ? [] : [{ quota: this.#quotas[i]!, limit: asks[i]!.limit, window }],
    );
  }

  /** Names the one that refuses for longest. */
  #errorOf(counted: Counted): GatewayError {
    const usedUp = this.#usedUp(counted).toSorted((a, b) => b.window.endMs - a.window.endMs);
    const [{ quota, limit, window }] = usedUp as [(typeof usedUp)[number]];
    const ends = new Date(window.endMs).toISOString();
    const detail = `the ${limit} requests of the quota "${quota.name}" are used up until ${ends}`;
    return new GatewayError('GW_QUOTA_EXCEEDED', detail, {
      retryAfterMs: window.endMs - counted.decision.now,
      // draft-ietf-httpapi-ratelimit-headers-11, the problem type "quota-exceeded".
      extensions: { 'violated-policies': usedUp.map((each) => each.quota.name) },
    });
  }

  #refund(request: FastifyRequest, { status }: ResponseHead): void {
    const counted = this.#counted.get(request);
    if (counted === undefined || status < 500 || counted.decision.taken.length === 0) return;
    this.#counted.delete(request);
    const { asks, decision } = counted;
    const isRefunding = (_each: unknown, i: number): boolean => this.#refunding.has(i);
    this.#around.counts.giveBack(asks.filter(isRefunding), {
      ...decision,
      taken: decision.taken.filter(isRefunding),
    });
  }

  /** @throws GW_QUOTA_EXCEEDED */
  #explain(request: FastifyRequest): HookExplanation {
    const { counts } = this.#around;
    const asks = this.#quotas.map((quota) => quota.ask(request));
    const said = this.#quotas.map(
      ({ name, quota }, i) => `${name}: ${asks[i]!.limit} a ${quota.per}`,
    );
    if (!(counts instanceof MemoryCounts)) {
      const says = [...said, 'the store of the counts was not asked'].join('; ');
      return { says, isCertain: false };
    }
    const decision = counts.look(asks);
    if (!decision.isAdmitted) throw this.#errorOf({ asks, decision });
    const left = decision.taken.map(({ used }, i) => asks[i]!.limit - used - 1);
    return { says: said.map((each, i) => `${each}, ${left[i]} left after this one`).join('; ') };
  }
}
