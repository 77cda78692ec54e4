/** The schema of rate limits: those of a route, and where counts are kept. */
import { duration, hint, type KnownNames, oneOrMore, type OptionFault, source, z } from 'portico';
import { keyPrefix, redisTimeout, redisUrl } from '../shared/redis/settings.ts';

const max = () => z.int().min(1).max(1_000_000_000);
const window = () => duration().refine((ms) => ms > 0, 'must be longer than 0');
const cost = () => z.int().min(0).max(1_000_000);

const Plan = z
  .strictObject({
    max: max().describe('Requests per window, and at once.'),
    window: window().describe('Time over which the requests are spread.'),
  })
  .describe('Limit for consumers on this plan.');

const Limit = z.strictObject({
  max: max().optional().describe('Requests per window, and at once.'),
  window: window().optional().describe('Time over which the requests are spread.'),
  by: source()
    .default('consumer')
    .describe(
      'What requests are counted by; `consumer` falls back to the address of anonymous clients.',
    ),
  cost: z
    .union([cost(), z.record(z.string().regex(/^[A-Z-]+$/, 'must be a method'), cost())])
    .optional()
    .describe(
      'What one request counts for, or method → what; the default is 1, 0 is free. HEAD counts as GET unless it is listed.',
    ),
  plan: source()
    .optional()
    .describe('Where the name of the plan comes from, such as `claim:plan`.'),
  plans: z
    .record(z.string(), Plan)
    .optional()
    .describe('Plan → its limit, instead of `max` and `window`.'),
  default: z.string().optional().describe('Plan for requests that name none of `plans`.'),
  concurrency: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Requests open at once until their responses are sent, counted per process.'),
  report: z.boolean().optional().describe('Only reports what it would refuse: a dry run.'),
});
export type Limit = z.output<typeof Limit>;
export type Rate = z.output<typeof Plan>;

export const Options = oneOrMore(Limit)
  .transform((limits) => [limits].flat())
  .describe('One limit, or several that all apply.');

export const Settings = z.strictObject({
  store: z
    .union([
      z.literal('memory'),
      z.strictObject({
        redis: redisUrl().describe('URL of the Redis: `${REDIS_URL}`.'),
        onError: z
          .enum(['allow', 'refuse', 'local'])
          .default('allow')
          .describe(
            'While Redis is down: no limit, 503 for everyone, or each process uses its own counts.',
          ),
        prefix: keyPrefix().describe('Prefix of every key.'),
        timeout: redisTimeout(),
      }),
    ])
    .default('memory')
    .describe('Where counts are kept: in memory, or in a Redis that several processes share.'),
});

/** Is it decided before anybody is authenticated? */
export const isByAddress = ({ by, plan }: Limit): boolean => by === 'address' && plan === undefined;

/** All rates that `limit` may apply. */
const ratesOf = ({ max: most, window: span, plans }: Limit): readonly Rate[] =>
  most === undefined || span === undefined
    ? Object.values(plans ?? {})
    : [{ max: most, window: span }];

/** What the schema cannot see. */
export function* checkLimits(
  limits: readonly Limit[],
  others: ReadonlyMap<string, unknown>,
  known: KnownNames,
): Generator<OptionFault> {
  for (const [i, limit] of limits.entries()) {
    const at = limits.length > 1 ? [i] : [];
    for (const { path, message } of [...checkSources(limit, others, known), ...checkLimit(limit)]) {
      yield { path: [...at, ...path], message };
    }
  }
}

function* checkSources(
  limit: Limit,
  others: ReadonlyMap<string, unknown>,
  { keyed, identifying, identifyingOn }: KnownNames,
): Generator<OptionFault> {
  for (const key of ['by', 'plan'] as const) {
    const named = limit[key];
    const [kind, name = ''] = named?.split(':') ?? [];
    if (kind === 'claim' && identifyingOn(others).length === 0) {
      const wanted = identifying.join(', ');
      yield { path: [key], message: `"${named}" needs one of ${wanted} on this route` };
    }
    if (kind !== 'plugin' || keyed.has(name)) continue;
    const message = `no plugin with a key is named "${name}"${hint(name, [...keyed])}`;
    yield { path: [key], message };
  }
}

function* checkLimit(limit: Limit): Generator<OptionFault> {
  const { max: most, window: span, plans, plan, concurrency } = limit;
  if (most === undefined && span === undefined && plans === undefined) {
    if (concurrency !== undefined) return;
    yield { path: [], message: 'limits nothing: give it max and window, plans, or concurrency' };
  } else if (plans !== undefined && (most !== undefined || span !== undefined)) {
    yield { path: ['plans'], message: 'replaces max and window: use one or the other' };
  } else if (plans === undefined && (most === undefined || span === undefined)) {
    yield { path: [], message: `also needs ${most === undefined ? 'max' : 'window'}` };
  }
  if (plans !== undefined) yield* checkPlans(limit, plans);
  else if (plan !== undefined) yield { path: ['plan'], message: 'needs plans' };
  yield* checkCost(limit);
}

function* checkPlans(
  { plan, default: standard }: Limit,
  plans: Readonly<Record<string, Rate>>,
): Generator<OptionFault> {
  if (plan === undefined)
    yield { path: ['plans'], message: 'needs plan, to say which one applies' };
  const known = Object.keys(plans);
  if (standard === undefined) {
    yield { path: ['plans'], message: 'needs default, for requests on none of them' };
  } else if (!known.includes(standard)) {
    yield { path: ['default'], message: `no such plan${hint(standard, known)}` };
  }
}

/** What costs more than the whole burst is never admitted. */
function* checkCost(limit: Limit): Generator<OptionFault> {
  const least = Math.min(...ratesOf(limit).map((rate) => rate.max));
  const { cost: each = {} } = limit;
  const costs =
    typeof each === 'number'
      ? [{ path: ['cost'], value: each }]
      : Object.entries(each).map(([method, value]) => ({ path: ['cost', method], value }));
  for (const { path, value } of costs) {
    if (value <= least) continue;
    yield { path, message: `${value} is more than max, ${least}: it would never be admitted` };
  }
}
