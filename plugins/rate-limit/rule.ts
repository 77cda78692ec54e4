/** One limit of the config, compiled: what it asks of the store for a request. */
import type { FastifyRequest } from 'fastify';
import { requestSource } from 'portico';
import { concurrencyPolicy, ratePolicy } from '../shared/limit-fields.ts';
import type { Ask } from './gcra.ts';
import type { JoinedKeys, KeyOf } from './key.ts';
import type { Limit, Rate } from './options.ts';

/** What one request asks for, and how the client is informed. */
export interface RateAsk extends Ask {
  readonly rate: CompiledRate;
}

interface CompiledRate extends Rate {
  /** A source. */
  readonly by: string;
  /** In the fields. */
  readonly name: string;
  readonly policy: string;
  readonly keyOf: KeyOf;
}

export interface Concurrency {
  readonly name: string;
  readonly policy: string;
  readonly max: number;
  readonly keyOf: KeyOf;
}

export interface Rule {
  /** `undefined` where it only bounds what is open at once. */
  readonly ask: ((request: FastifyRequest) => RateAsk) | undefined;
  readonly concurrency: Concurrency | undefined;
  /** Only tells what it would refuse. */
  readonly isReport: boolean;
}

/** Where a limit is compiled for. */
export interface RuleRoute {
  /** Its name. */
  readonly route: string;
  readonly keys: JoinedKeys;
}

/** `limit`, which is one of `limits`. */
export function compileRule(limit: Limit, limits: readonly Limit[], at: RuleRoute): Rule {
  const { by, concurrency } = limit;
  const isReport = limit.report ?? false;
  return {
    ask: compileAsk(limit, limits, at, !isReport),
    concurrency:
      concurrency === undefined
        ? undefined
        : {
            name: `${by}-open`,
            policy: concurrencyPolicy(`${by}-open`, concurrency),
            max: concurrency,
            keyOf: at.keys.of(at.route, by, `${concurrency} open`),
          },
    isReport,
  };
}

function compileAsk(
  limit: Limit,
  limits: readonly Limit[],
  at: RuleRoute,
  isBinding: boolean,
): Rule['ask'] {
  const choose = chooser(limit, limits, at);
  if (choose === undefined) return undefined;
  const cost = costOf(limit);
  return (request) => {
    const rate = choose(request);
    return {
      key: rate.keyOf(request),
      max: rate.max,
      windowMs: rate.window,
      cost: cost(request.method),
      isBinding,
      rate,
    };
  };
}

/** Which rate holds for a request. */
function chooser(
  { by, max, window, plan, plans, default: standard = '' }: Limit,
  limits: readonly Limit[],
  { route, keys }: RuleRoute,
): ((request: FastifyRequest) => CompiledRate) | undefined {
  const isAlone = limits.filter((each) => each.by === by).length === 1;
  const compile = (rate: Rate): CompiledRate => {
    // The names of an answer's limits differ.
    const name = isAlone ? by : `${by}-${rate.max}/${rate.window / 1_000}s`;
    return {
      ...rate,
      by,
      name,
      policy: ratePolicy(name, rate.max, rate.window),
      keyOf: keys.of(route, by, `${rate.max}/${rate.window}`),
    };
  };
  if (max !== undefined && window !== undefined) {
    const only = compile({ max, window });
    return () => only;
  }
  if (plans === undefined || plan === undefined) return undefined;
  const named = new Map(Object.entries(plans).map(([name, rate]) => [name, compile(rate)]));
  // The config was checked: the default is one of them.
  const otherwise = named.get(standard)!;
  const planOf = requestSource(plan);
  return (request) => named.get(planOf(request) ?? standard) ?? otherwise;
}

function costOf({ cost = 1 }: Limit): (method: string) => number {
  if (typeof cost === 'number') return () => cost;
  const costs = new Map(Object.entries(cost));
  // HEAD asks for what GET does (RFC 9110 §9.3.2), and costs as much to answer.
  if (!costs.has('HEAD')) costs.set('HEAD', costs.get('GET') ?? 1);
  return (method) => costs.get(method) ?? 1;
}
