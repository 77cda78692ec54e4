/** The schema of quotas: what they are, where they are counted, and which of them a route counts against. */
import { hint, type KnownNames, oneOrMore, type OptionFault, source, z } from 'portico';
import { keyPrefix, redisTimeout, redisUrl } from '../shared/redis/settings.ts';
import { isTimeZone, SPANS } from './calendar.ts';

const limit = () => z.int().min(0).max(1_000_000_000_000);

const quotaName = () =>
  z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
      'must be letters, digits, - and _, and begin with a letter',
    );

const Quota = z
  .strictObject({
    limit: limit().optional().describe('Requests in a window.'),
    plan: source()
      .optional()
      .describe('Where the name of the plan comes from, such as `claim:plan`.'),
    plans: z
      .record(z.string(), limit())
      .optional()
      .describe('Plan → requests in a window, instead of `limit`.'),
    default: z.string().optional().describe('Plan for requests that name none of `plans`.'),
    per: z
      .enum(SPANS)
      .describe(
        'Window of the calendar; a week begins on Monday. All of it is there again when the next one begins.',
      ),
    timezone: z
      .string()
      .refine(isTimeZone, 'is not a time zone such as "UTC" or "Europe/Berlin"')
      .default('UTC')
      .describe('Time zone in which a window begins at midnight.'),
    by: source()
      .default('consumer')
      .describe(
        'What requests are counted by; `consumer` falls back to the address of anonymous clients.',
      ),
    refund: z
      .boolean()
      .default(false)
      .describe(
        'Requests that are answered with 5xx, by the upstream or the gateway, are given back.',
      ),
  })
  .superRefine((quota, context) => {
    for (const { path, message } of checkQuota(quota)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('One quota, which all routes that name it share.');
export type Quota = z.output<typeof Quota>;

export const Settings = z.strictObject({
  store: z
    .union([
      z.literal('memory'),
      z.strictObject({
        redis: redisUrl().describe('URL of the Redis: `${REDIS_URL}`.'),
        onError: z
          .enum(['allow', 'refuse'])
          .default('allow')
          .describe('While Redis is down: nothing is counted, or 503 for everyone.'),
        prefix: keyPrefix().describe('Prefix of every key.'),
        timeout: redisTimeout(),
      }),
    ])
    .default('memory')
    .describe(
      'Where counts are kept: in a Redis that all gateways share, or in memory, which is for one process and lost when it ends.',
    ),
  quotas: z.record(quotaName(), Quota).default({}).describe('Quotas by name.'),
});
export type Settings = z.output<typeof Settings>;
export type RedisSettings = Exclude<Settings['store'], 'memory'>;

export const Options = oneOrMore(quotaName())
  .transform((names) => [...new Set([names].flat())])
  .describe('Quota, or several that all apply, by the name under `plugins.quota.quotas`.');
export type Options = z.output<typeof Options>;

/** What the schema of one quota cannot see. */
function* checkQuota(quota: z.output<typeof Quota>): Generator<OptionFault> {
  const { limit: only, plan, plans, default: standard } = quota;
  if ((only === undefined) === (plans === undefined)) {
    const message = only === undefined ? 'needs limit, or plans' : 'has limit and plans: use one';
    yield { path: [], message };
  }
  if (plans === undefined) {
    if (plan !== undefined) yield { path: ['plan'], message: 'needs plans' };
    if (standard !== undefined) yield { path: ['default'], message: 'needs plans' };
    return;
  }
  if (plan === undefined) {
    yield { path: ['plans'], message: 'needs plan, to say which one applies' };
  }
  const known = Object.keys(plans);
  if (standard === undefined) {
    yield { path: ['plans'], message: 'needs default, for requests on none of them' };
  } else if (!known.includes(standard)) {
    yield { path: ['default'], message: `no such plan${hint(standard, known)}` };
  }
}

/** Names of a route that refer to nothing, and quotas that cannot be counted there. */
export function* checkUse(
  names: Options,
  { quotas }: Settings,
  others: ReadonlyMap<string, unknown>,
  { keyed, identifying, identifyingOn }: KnownNames,
): Generator<OptionFault> {
  for (const name of names) {
    const quota = quotas[name];
    if (quota === undefined) {
      const known = Object.keys(quotas);
      const message = `no quota "${name}" under plugins.quota.quotas${hint(name, known)}`;
      yield { path: [], message };
      continue;
    }
    for (const each of [quota.by, quota.plan ?? '']) {
      const [kind, what = ''] = each.split(':');
      if (kind === 'claim' && identifyingOn(others).length === 0) {
        const wanted = identifying.join(', ');
        yield { path: [], message: `${name}: "${each}" needs one of ${wanted} on this route` };
      }
      if (kind !== 'plugin' || keyed.has(what)) continue;
      const message = `${name}: no plugin with a key is named "${what}"${hint(what, [...keyed])}`;
      yield { path: [], message };
    }
  }
}
