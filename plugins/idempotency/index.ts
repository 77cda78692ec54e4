/**
 * Idempotency keys: a request with an `Idempotency-Key` is carried out once, however often it is sent. Those that come
 * later get the answer of the first, or are told that it still runs, or that nobody knows what came of it.
 *
 * A key belongs to a route and a consumer (draft-ietf-httpapi-idempotency-key-header-07). Once the request has its key, its
 * client's leaving does not end it.
 */
import type { FastifyRequest } from 'fastify';
import { definePlugin, type PluginHost, type PluginState, type RecordStore } from 'portico';
import type { KeyedRequest } from './keyed-request.ts';
import { Keys } from './keys.ts';
import { loosened } from './loosened.ts';
import { MemoryRecords } from './memory-records.ts';
import { checkUse, Options, type Settings as SettingsType, Settings } from './options.ts';
import { risks } from './risks.ts';
import { RouteKeys } from './route-keys.ts';

export default definePlugin({
  name: 'idempotency',
  settings: Settings,
  options: Options,
  scripts: { send: ['idempotency-key'], read: ['idempotency-replayed', 'retry-after'] },
  check: checkUse,
  document: ({ required, methods, onError }, _settings, method) =>
    (methods as readonly string[]).includes(method)
      ? {
          parameters: [
            {
              in: 'header',
              name: 'Idempotency-Key',
              description:
                'Names this request: sent again with the same key, it is not carried out again, and gets the same answer.',
              required,
              schema: { type: 'string', minLength: 1, maxLength: 257 },
            },
          ],
          errors: [
            'GW_IDEMPOTENCY_KEY',
            'GW_IDEMPOTENCY_RUNNING',
            'GW_IDEMPOTENCY_UNKNOWN',
            'GW_IDEMPOTENCY_MISMATCH',
            ...(onError === 'refuse' ? (['GW_DEPENDENCY_DOWN'] as const) : []),
          ],
          headers: {
            'Idempotency-Replayed': { description: '`true` for the answer of an earlier request.' },
          },
        }
      : {},
  risks,
  loosened,
  async register(settings, host) {
    const { keys, state } = await openKeys(settings, host);
    const counted = host.metrics.counter(
      'idempotency_total',
      'Requests with an idempotency key, by what came of them: kept, unknown, freed, replayed, running, mismatch, refused, invalid, away.',
      ['route', 'result'],
    );
    const taken = new WeakMap<FastifyRequest, KeyedRequest>();
    return {
      route: (options, { route }) =>
        new RouteKeys(options, { route, keys, counted, taken }).hooks(),
      status: () => state?.() ?? [],
    };
  },
});

interface OpenedKeys {
  readonly keys: Keys;
  readonly state?: () => Iterable<PluginState>;
}

/** They outlive generations: a request of an older one may have a key. */
async function openKeys({ store }: SettingsType, host: PluginHost): Promise<OpenedKeys> {
  const { clock } = host;
  const keysOver = (name: string, records: RecordStore): Keys =>
    host.keepThrough(
      name,
      () => new Keys(records, clock),
      (each) => each.close(),
    );
  if (store === 'memory') {
    const memory = host.keepThrough('memory', () => new MemoryRecords(clock));
    return { keys: keysOver('keys in memory', memory) };
  }
  if (store === 'durable') {
    // The config was checked: there is a store.
    return { keys: keysOver('keys in the store', host.records!) };
  }
  // Its client is loaded only where it is wanted.
  const module = await import('./redis-records.ts');
  const name = JSON.stringify(store);
  const redis = host.keepThrough(
    `records in ${name}`,
    () => new module.RedisRecords(store, host),
    (each) => each.close(),
  );
  if (!host.checking) await redis.connect();
  return { keys: keysOver(`keys in ${name}`, redis), state: () => [redis.state()] };
}
