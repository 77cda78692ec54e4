/** What the limits of a route would say to a request; counts nothing. */
import type { FastifyRequest } from 'fastify';
import { GatewayError, type HookExplanation, requestSource } from 'portico';
import type { GcraMemory } from './gcra.ts';
import { Claim } from './limit-set.ts';
import type { OpenRequests } from './open-requests.ts';
import type { Concurrency, RateAsk, Rule } from './rule.ts';

export interface Counted {
  /** `undefined`: the counts are elsewhere. */
  readonly memory: GcraMemory | undefined;
  readonly open: OpenRequests;
}

/** @throws GW_RATE_LIMITED */
export function explainLimits(
  rules: readonly Rule[],
  { memory, open }: Counted,
): (request: FastifyRequest) => HookExplanation {
  return (request) => {
    const told = rules.flatMap(({ concurrency, isReport }) =>
      concurrency === undefined ? [] : [sayOpen(concurrency, isReport, open, request)],
    );
    const asks = rules.flatMap(({ ask }) => ask?.(request) ?? []);
    if (asks.length === 0) return { says: told.join('; ') };
    if (memory === undefined) {
      const limits = asks.map((ask) => sayLimit(ask, request));
      const says = [...told, ...limits, 'the store of the counts was not asked'].join('; ');
      return { says, isCertain: false };
    }
    const claim = new Claim(asks);
    claim.taken = memory.lookAll(asks);
    const { refusal } = claim;
    if (refusal !== undefined) {
      const { ask, taken } = refusal;
      const detail = `more than ${ask.max} in ${ask.windowMs / 1_000} s`;
      throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: taken.resetMs });
    }
    for (const [i, ask] of asks.entries()) {
      const { allowed, remaining } = claim.taken[i]!;
      const left = allowed ? `${remaining} left after this one` : 'over it, which is only reported';
      told.push(`${sayLimit(ask, request)}: ${left}`);
    }
    return { says: told.join('; ') };
  };
}

/** @throws GW_RATE_LIMITED */
function sayOpen(
  { name, max, keyOf }: Concurrency,
  isReport: boolean,
  open: OpenRequests,
  request: FastifyRequest,
): string {
  const now = open.of(keyOf(request));
  if (now >= max && !isReport) {
    const detail = `more than ${max} open at once`;
    throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: 1_000 });
  }
  return `${name}: ${now} of ${max} are open`;
}

function sayLimit({ max, windowMs, cost, rate }: RateAsk, request: FastifyRequest): string {
  const price = cost === 1 ? '' : `, of which this one takes ${cost}`;
  return `${max} in ${windowMs / 1_000} s by ${sayKey(rate.by, request)}${price}`;
}

/** The values of other sources may be secrets. */
const SHOWN: ReadonlySet<string> = new Set(['consumer', 'address', 'route']);

function sayKey(by: string, request: FastifyRequest): string {
  const key = SHOWN.has(by) ? requestSource(by)(request) : undefined;
  return key === undefined ? by : `${by} (${key})`;
}
