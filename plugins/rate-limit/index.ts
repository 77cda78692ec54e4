/**
 * Limits how often a client may send requests: @fastify/rate-limit, with our own store.
 *
 * The package counts in fixed windows, which allow twice the limit around their edge; the
 * store decides by GCRA instead. The package's header fields follow an old draft, so this writes the
 * current ones (draft-ietf-httpapi-ratelimit-headers) itself.
 */
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { definePlugin, type HookExplanation, type PluginHost, type z } from 'portico';
import { LIMIT_FIELDS } from '../shared/limit-fields.ts';
import { GcraMemory } from './gcra.ts';
import { JoinedKeys } from './key.ts';
import { Limiter, type LimitOptions } from './limiter.ts';
import { explainLimits } from './explain-limits.ts';
import { type Claim, type Counts, LimitSet, storeOver } from './limit-set.ts';
import { loosened } from './loosened.ts';
import { OpenRequests } from './open-requests.ts';
import { checkLimits, isByAddress, type Limit, Options, Settings } from './options.ts';
import type { RedisCounts } from './redis-counts.ts';
import { reporter } from './reporter.ts';
import { compileRule, type Rule } from './rule.ts';

type Explain = (request: FastifyRequest) => HookExplanation;

interface Hooks {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;
  readonly explain: Explain;
}

type IsWanted = (limit: Limit) => boolean;

export default definePlugin({
  name: 'rateLimit',
  limits: true,
  settings: Settings,
  options: Options,
  check: (limits, _settings, others, known) => checkLimits(limits, others, known),
  document: (limits, { store }) =>
    limits.every(({ report }) => report === true)
      ? {}
      : {
          errors: [
            'GW_RATE_LIMITED',
            ...(store !== 'memory' && store.onError === 'refuse'
              ? (['GW_DEPENDENCY_DOWN'] as const)
              : []),
          ],
          headers: LIMIT_FIELDS,
        },
  loosened,
  async register({ store }, host) {
    const memory = host.keep('counts', () => new GcraMemory(() => host.clock.now()));
    const shared = store === 'memory' ? undefined : await redisCounts(store, memory, host);
    const counts = shared ?? memory;
    await host.app.register(fastifyRateLimit, {
      global: false,
      store: storeOver(counts),
    });
    const compile = compiler(counts, shared === undefined ? memory : undefined, host);
    return {
      // An address is known before anybody has authenticated; a consumer only after.
      route: (limits, { route }) => [
        ...(limits.some(isByAddress)
          ? [{ phase: 'limitAddress' as const, ...compile(limits, isByAddress, route) }]
          : []),
        ...(limits.every(isByAddress)
          ? []
          : [{ phase: 'limitConsumer' as const, ...compile(limits, isByOther, route) }]),
      ],
      status: () => (shared === undefined ? [] : [shared.state()]),
    };
  },
});

const isByOther: IsWanted = (limit) => !isByAddress(limit);

type RedisSettings = Exclude<z.output<typeof Settings>['store'], 'memory'>;

/** Its connection is kept over reloads. */
async function redisCounts(
  { redis: url, onError, prefix, timeout: timeoutMs }: RedisSettings,
  local: GcraMemory,
  host: PluginHost,
): Promise<RedisCounts> {
  const { metrics, log, random, lookup } = host;
  const errors = metrics.counter(
    'rate_limit_store_errors_total',
    'Requests whose limits were decided without the store, because it did not answer.',
    [],
  );
  const damaged = metrics.counter(
    'rate_limit_store_damaged_total',
    'Keys of the store that held something other than a count, and started over.',
    [],
  );
  // Its client is loaded only where it is wanted.
  const module = await import('./redis-counts.ts');
  const counts = host.keep(
    'redis',
    () =>
      new module.RedisCounts(
        { url, onError, prefix, timeoutMs },
        { local, errors, damaged, log, random, lookup },
      ),
    (each) => each.close(),
  );
  if (!host.checking) await counts.connect();
  return counts;
}

/** Compiles those of a route's limits that are decided at one moment; `memory` is where all are counted, if here. */
function compiler(counts: Counts, memory: GcraMemory | undefined, host: PluginHost) {
  const { app, metrics } = host;
  const refused = metrics.counter('rate_limited_total', 'Requests over their limit.', ['route']);
  const around = {
    app,
    counts,
    open: host.keep('open', () => new OpenRequests()),
    earlier: new WeakMap<FastifyRequest, Claim>(),
    refused,
    report: reporter(host),
  };
  const keys = new JoinedKeys();
  return (limits: readonly Limit[], isWanted: IsWanted, route: string): Hooks => {
    const wanted = limits.filter(isWanted);
    const rulesOf = (): Rule[] =>
      wanted.map((limit) => compileRule(limit, limits, { route, keys }));
    // Compiled when it is asked: most routes never are.
    const explain: Explain = (request) =>
      explainLimits(rulesOf(), { memory, open: around.open })(request);
    const [only] = wanted;
    if (memory !== undefined && limits.length === 1 && only !== undefined && isPlain(only)) {
      const keyOf = keys.of(route, only.by, `${only.max}/${only.window}`);
      const limiter = new Limiter(only, keyOf, memory, refused);
      return { onRequest: (request, reply) => limiter.apply(request, reply), explain };
    }
    const isFirst = isWanted === isByAddress && wanted.length < limits.length;
    const set = new LimitSet(rulesOf(), isFirst, around);
    return { onRequest: (request, reply) => set.apply(request, reply), explain };
  };
}

/** So many in a window, and no more to it. */
const isPlain = (limit: Limit): limit is Limit & LimitOptions =>
  limit.max !== undefined &&
  limit.window !== undefined &&
  limit.cost === undefined &&
  limit.concurrency === undefined &&
  limit.report !== true;
