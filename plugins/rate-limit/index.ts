/**
 * Limits how often a client may ask: @fastify/rate-limit, with a store of our own.
 *
 * The package counts in fixed windows, which let through twice the limit around their edge; the
 * store decides by GCRA instead. Its header fields are those of an old draft, so that we write the
 * current one's (draft-ietf-httpapi-ratelimit-headers) ourselves.
 */
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { definePlugin, duration, oneOrMore, source, z } from 'portico';
import { GcraMemory } from './gcra.ts';
import { Limiter } from './limiter.ts';

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

export default definePlugin({
  name: 'rateLimit',
  settings: z.strictObject({
    store: z.literal('memory').default('memory').describe('Where counts are kept.'),
  }),
  options: Options,
  *check(limits, _settings, others) {
    for (const [i, { by }] of limits.entries()) {
      if (!by.startsWith('claim:') || others.has('jwt') || others.has('apiKey')) continue;
      const path = limits.length > 1 ? [i, 'by'] : ['by'];
      yield { path, message: `"${by}" needs a token, and no jwt is on this route` };
    }
  },
  async register(_settings, host) {
    const counts = host.keep('counts', () => new GcraMemory(() => performance.now()));
    await host.app.register(fastifyRateLimit, { global: false, store: storeOver(counts) });
    const refused = host.metrics.counter('rate_limited_total', 'Requests over their limit.', [
      'route',
    ]);
    const limiters = new Map<Limit, Limiter>();
    const limiterOf = (limit: Limit): Limiter => {
      let limiter = limiters.get(limit);
      if (limiter === undefined) {
        limiter = new Limiter(limit, host.app, refused);
        limiters.set(limit, limiter);
      }
      return limiter;
    };
    // An address is known before anybody has authenticated; a consumer only after.
    return [
      {
        phase: (limits) => (limits.some(isByAddress) ? 'limitAddress' : undefined),
        onRequest: (request, reply, limits) =>
          applyAll(limits, isByAddress, limiterOf, request, reply),
      },
      {
        phase: (limits) => (limits.every(isByAddress) ? undefined : 'limitConsumer'),
        onRequest: (request, reply, limits) =>
          applyAll(limits, isByConsumer, limiterOf, request, reply),
      },
    ];
  },
});

const isByAddress = ({ by }: Limit): boolean => by === 'address';
const isByConsumer = (limit: Limit): boolean => !isByAddress(limit);

/** @throws GW_RATE_LIMITED by the first limit that is reached */
function applyAll(
  limits: readonly Limit[],
  isWanted: (limit: Limit) => boolean,
  limiterOf: (limit: Limit) => Limiter,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const [only] = limits;
  if (limits.length === 1 && only !== undefined) return limiterOf(only).apply(request, reply);
  return applyInTurn(limits.filter(isWanted).map(limiterOf), request, reply);
}

async function applyInTurn(
  limiters: readonly Limiter[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  for (const limiter of limiters) await limiter.apply(request, reply);
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
