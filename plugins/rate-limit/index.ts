/**
 * Limits how often a client may ask: @fastify/rate-limit, with a store of our own.
 *
 * The package counts in fixed windows, which let through twice the limit around their edge; the
 * store decides by GCRA instead. Its header fields are those of an old draft, so that we write the
 * current one's (draft-ietf-httpapi-ratelimit-headers) ourselves.
 */
import { hash } from 'node:crypto';
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  definePlugin,
  duration,
  GatewayError,
  oneOrMore,
  type PluginCounter,
  type PluginHost,
  requestSource,
  source,
  z,
} from 'portico';
import { GcraMemory } from './gcra.ts';

const Limit = z.strictObject({
  max: z.int().min(1).max(1_000_000_000).describe('Requests in a window; as many at once.'),
  window: duration()
    .refine((ms) => ms > 0, 'must be longer than 0')
    .describe('Over which they are spread.'),
  by: source()
    .default('consumer')
    .describe(
      'Whose requests are counted together; `consumer` is the address where nobody is known.',
    ),
});
type Limit = z.output<typeof Limit>;

const Options = oneOrMore(Limit)
  .transform((limits) => [limits].flat())
  .describe('One limit, or several that all hold.');

type Check = Awaited<ReturnType<FastifyInstance['createRateLimit']>>;

export default definePlugin({
  name: 'rateLimit',
  settings: z.strictObject({
    store: z.literal('memory').default('memory').describe('Where counts are kept.'),
  }),
  options: Options,
  *check(limits, _settings, others) {
    for (const [i, { by }] of limits.entries()) {
      if (!by.startsWith('claim:') || others.has('jwt')) continue;
      const path = limits.length > 1 ? [i, 'by'] : ['by'];
      yield { path, message: `"${by}" needs a token, and no jwt is on this route` };
    }
  },
  async register(_settings, host) {
    const counts = host.keep('counts', () => new GcraMemory(() => performance.now()));
    await host.app.register(fastifyRateLimit, { global: false, store: storeOver(counts) });
    const limiters = new Limiters(host);
    // An address is known before anybody has authenticated; a consumer only after.
    return [
      {
        phase: (limits) => (limits.some(isByAddress) ? 'limitAddress' : undefined),
        onRequest: (request, reply, limits) => limiters.apply(request, reply, limits, isByAddress),
      },
      {
        phase: (limits) => (limits.every(isByAddress) ? undefined : 'limitConsumer'),
        onRequest: (request, reply, limits) =>
          limiters.apply(request, reply, limits, (limit) => !isByAddress(limit)),
      },
    ];
  },
});

const isByAddress = ({ by }: Limit): boolean => by === 'address';

/** One limiter of the package for each limit of the config. */
class Limiters {
  readonly #app: FastifyInstance;
  readonly #refused: PluginCounter;
  readonly #checks = new WeakMap<Limit, Check>();

  constructor({ app, metrics }: PluginHost) {
    this.#app = app;
    this.#refused = metrics.counter('rate_limited_total', 'Requests over their limit.', ['route']);
  }

  /** @throws GW_RATE_LIMITED */
  async apply(
    request: FastifyRequest,
    reply: FastifyReply,
    limits: readonly Limit[],
    wanted: (limit: Limit) => boolean,
  ): Promise<void> {
    for (const limit of limits) {
      if (!wanted(limit)) continue;
      const result = await this.#check(limit)(request);
      if (!result.isAllowed) this.#tell(request, reply, limit, result);
    }
  }

  #check(limit: Limit): Check {
    const known = this.#checks.get(limit);
    if (known !== undefined) return known;
    const keyOf = requestSource(limit.by);
    const addressOf = requestSource('address');
    const name = `${limit.by} ${limit.max}/${limit.window}`;
    const check = this.#app.createRateLimit({
      max: limit.max,
      timeWindow: limit.window,
      keyGenerator: (request) => {
        const key = keyOf(request);
        // Who leaves the header out must not escape the limit, nor send what stands for another's.
        const whose = key === undefined ? `-${addressOf(request)}` : `=${short(key)}`;
        return `${request.gateway.route} ${name} ${whose}`;
      },
    });
    this.#checks.set(limit, check);
    return check;
  }

  #tell(
    request: FastifyRequest,
    reply: FastifyReply,
    { max, window, by }: Limit,
    { remaining, ttl, isExceeded }: { remaining: number; ttl: number; isExceeded: boolean },
  ): void {
    const seconds = Math.ceil(ttl / 1_000);
    append(
      reply,
      'ratelimit-policy',
      `"${by}";q=${max};w=${Math.max(1, Math.round(window / 1_000))}`,
    );
    append(reply, 'ratelimit', `"${by}";r=${remaining};t=${seconds}`);
    if (!isExceeded) return;
    const { route } = request.gateway;
    this.#refused.inc({ route });
    const detail = `more than ${max} in ${window / 1_000} s`;
    throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: ttl });
  }
}

/** Longer ones count by their hash: what a client may choose must not fill the memory. */
const KEY_CHARACTERS = 64;

function short(key: string): string {
  return key.length > KEY_CHARACTERS ? hash('sha256', key, 'base64url') : key;
}

function append(reply: FastifyReply, name: string, value: string): void {
  const known = reply.getHeader(name);
  void reply.header(name, known === undefined ? value : `${String(known)}, ${value}`);
}

/** The package's store interface over ours; every limiter shares it, since keys name their limit. */
function storeOver(counts: GcraMemory) {
  return class SharedStore {
    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number,
      max: number,
    ): void {
      const { allowed, remaining, resetMs } = counts.take(key, max, windowMs);
      done(null, { current: allowed ? max - remaining : max + 1, ttl: resetMs });
    }

    child(): this {
      return this;
    }
  };
}
