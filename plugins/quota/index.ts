/**
 * Quotas: so many requests in a day, a week or a month of the calendar, for a consumer and its plan. They are not there to
 * protect an upstream, which rateLimit does: a quota may be used up in a minute.
 *
 * A quota counts what rate limits have admitted. In Redis it survives restarts, and all gateways count together.
 */
import { definePlugin, type PluginHost } from 'portico';
import { LIMIT_FIELDS } from '../shared/limit-fields.ts';
import { CompiledQuota } from './compiled.ts';
import type { Counts } from './counts.ts';
import { loosened } from './loosened.ts';
import { MemoryCounts } from './memory-counts.ts';
import { checkUse, Options, type RedisSettings, Settings } from './options.ts';
import { takeOrders } from './orders.ts';
import type { RedisCounts } from './redis-counts.ts';
import { risks } from './risks.ts';
import { RouteQuotas } from './route-quotas.ts';

export default definePlugin({
  name: 'quota',
  settings: Settings,
  options: Options,
  scripts: { send: [], read: ['ratelimit', 'ratelimit-policy', 'retry-after'] },
  check: checkUse,
  document: (_names, { store }) => ({
    errors: [
      'GW_QUOTA_EXCEEDED',
      ...(store !== 'memory' && store.onError === 'refuse'
        ? (['GW_DEPENDENCY_DOWN'] as const)
        : []),
    ],
    headers: LIMIT_FIELDS,
  }),
  risks,
  loosened,
  async register({ store, quotas }, host) {
    const shared = store === 'memory' ? undefined : await redisCounts(store, host);
    const counts: Counts =
      shared ?? host.keepThrough('counts', () => new MemoryCounts(host.wallClock));
    const exceeded = host.metrics.counter('quota_exceeded_total', 'Requests over a quota.', [
      'route',
      'quota',
    ]);
    const compiled = new Map(
      Object.entries(quotas).map(([name, quota]) => [name, new CompiledQuota(name, quota)]),
    );
    takeOrders(host, { counts, quotas: compiled });
    return {
      // The config was checked: the names are there.
      route: (names) =>
        new RouteQuotas(
          names.flatMap((name) => compiled.get(name) ?? []),
          { counts, exceeded },
        ).hooks(),
      status: () => (shared === undefined ? [] : [shared.state()]),
    };
  },
});

/** Its connection is kept over reloads. */
async function redisCounts(settings: RedisSettings, host: PluginHost): Promise<RedisCounts> {
  const { metrics, log, random, lookup, wallClock: now } = host;
  const errors = metrics.counter(
    'quota_store_errors_total',
    'Requests that no quota has counted, because the store did not answer.',
    [],
  );
  const damaged = metrics.counter(
    'quota_store_damaged_total',
    'Keys of the store that held something other than a count, and started over.',
    [],
  );
  // Its client is loaded only where it is wanted.
  const module = await import('./redis-counts.ts');
  const counts = host.keepThrough(
    `counts in ${JSON.stringify(settings)}`,
    () => new module.RedisCounts(settings, { now, errors, damaged, log, random, lookup }),
    (each) => each.close(),
  );
  if (!host.checking) await counts.connect();
  return counts;
}
