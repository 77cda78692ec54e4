/** Keys on one route: a request takes its key, or gets the answer that the key has, or is refused. */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  clientRequestOf,
  fingerprint,
  GatewayError,
  type HookExplanation,
  idempotencyKey,
  outlivesClient,
  type PluginCounter,
  type PluginHooks,
  requestSource,
} from 'portico';
import { type EffectsOf, watchAttempts, watchCalls } from './effects.ts';
import type { KeptAnswer, Unknown, Verdict } from './key-state.ts';
import { KeyedRequest } from './keyed-request.ts';
import type { Keys, Taken } from './keys.ts';
import type { Options } from './options.ts';

export interface RouteSurroundings {
  readonly route: string;
  readonly keys: Keys;
  readonly counted: PluginCounter;
  /** Those that have taken their key, whichever hooks of the route did that. */
  readonly taken: WeakMap<FastifyRequest, KeyedRequest>;
}

const consumerOf = requestSource('consumer');

export class RouteKeys {
  readonly #options: Options;
  readonly #around: RouteSurroundings;
  readonly #methods: ReadonlySet<string>;

  constructor(options: Options, around: RouteSurroundings) {
    this.#options = options;
    this.#around = around;
    this.#methods = new Set(options.methods);
  }

  hooks(): readonly PluginHooks[] {
    const { taken } = this.#around;
    const effectsOf: EffectsOf = (call) => {
      const request = clientRequestOf(call);
      return request && taken.get(request)?.effects;
    };
    return [
      {
        phase: 'validate',
        onRequest: (request, reply) => this.#apply(request, reply),
        explain: (request) => this.#explain(request),
        answered: (request, head) => taken.get(request)?.answered(head),
        // An answer has been settled by now, so this is an error.
        onResponse: (request) => taken.get(request)?.ended(),
        policy: () => watchCalls(effectsOf),
      },
      { policy: () => watchAttempts(effectsOf), place: 'inner' },
    ];
  }

  #apply(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const key = this.#keyOf(request);
    if (key === undefined || this.#around.taken.has(request)) return undefined;
    return this.#take(request, reply, key);
  }

  /** @throws GW_IDEMPOTENCY_KEY; GW_TOKEN_MISSING for a key of nobody */
  #keyOf(request: FastifyRequest): string | undefined {
    let key: string | undefined;
    try {
      key = this.#readKey(request);
    } catch (error) {
      this.#count('invalid');
      throw error;
    }
    if (key !== undefined && request.consumer === undefined) {
      throw new GatewayError('GW_TOKEN_MISSING', 'an idempotency key belongs to whoever sends it');
    }
    return key;
  }

  #readKey({ method, headers }: FastifyRequest): string | undefined {
    if (!this.#methods.has(method)) return undefined;
    const key = idempotencyKey(headers['idempotency-key']);
    if (key !== undefined || !this.#options.required) return key;
    throw new GatewayError('GW_IDEMPOTENCY_KEY', 'this route needs an Idempotency-Key');
  }

  async #take(request: FastifyRequest, reply: FastifyReply, key: string): Promise<void> {
    const body = await request.gateway.readBody();
    const found: { request?: KeyedRequest } = {};
    const done = outlivesClient(request, () => found.request?.ended());
    try {
      const taken = await this.#ask(request, key, body);
      if (taken?.as === 'taken') {
        const keyed = new KeyedRequest({
          held: taken.held,
          headers: this.#options.headers,
          onSettled: (outcome) => {
            this.#count(outcome);
            done();
          },
        });
        found.request = keyed;
        this.#around.taken.set(request, keyed);
        return;
      }
      done();
      if (taken !== undefined) this.#refuseOrReplay(taken, reply);
    } catch (error) {
      done();
      throw error;
    }
  }

  /** @returns `undefined` if the store is away, and that is allowed */
  async #ask(request: FastifyRequest, key: string, body: Buffer): Promise<Taken | undefined> {
    const { route, keys } = this.#around;
    const { keep: keepMs, onUnknown, onError } = this.#options;
    const { path, query } = request.gateway;
    const contentType = request.headers['content-type'] ?? '';
    try {
      return await keys.take({
        key: storedKey(route, consumerOf(request) ?? '', key),
        fingerprint: fingerprint({ method: request.method, path, query, contentType, body }),
        keepMs,
        retriesUnknown: onUnknown === 'retry',
      });
    } catch (error) {
      this.#count('away');
      if (onError === 'allow') return undefined;
      const detail = 'the key cannot be looked up, so nothing was done: repeat the request later';
      throw new GatewayError('GW_DEPENDENCY_DOWN', detail, { cause: error });
    }
  }

  #refuseOrReplay(verdict: Verdict, reply: FastifyReply): void {
    switch (verdict.as) {
      case 'kept':
        this.#count('replayed');
        replay(reply, verdict.answer);
        return;
      case 'running':
        this.#count('running');
        throw new GatewayError('GW_IDEMPOTENCY_RUNNING', 'ask again when it has ended', {
          retryAfterMs: 1_000,
        });
      case 'mismatch':
        this.#count('mismatch');
        throw new GatewayError('GW_IDEMPOTENCY_MISMATCH', 'the key belongs to another request');
      case 'unknown':
        this.#count('refused');
        throw new GatewayError('GW_IDEMPOTENCY_UNKNOWN', UNKNOWN[verdict.why]);
    }
  }

  #count(result: string): void {
    const { route, counted } = this.#around;
    counted.inc({ route, result });
  }

  #explain(request: FastifyRequest): HookExplanation | undefined {
    if (this.#readKey(request) === undefined) return undefined;
    return { says: 'the key was not looked up', isCertain: false };
  }
}

const UNKNOWN: Readonly<Record<Unknown, string>> = {
  lost: 'it may have been carried out: find out before you send it with another key',
  unkept: 'it was answered, but its answer was not kept',
};

/** A hash: keys may be secrets, and those of clients must not fill the store. */
const storedKey = (route: string, consumer: string, key: string): string =>
  `idempotency:${hash('sha256', JSON.stringify([route, consumer, key]), 'base64url')}`;

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): void {
  for (const [name, value] of Object.entries(headers)) void reply.header(name, value);
  if (headers['gateway-degraded'] !== undefined) void reply.header('cache-control', 'no-store');
  void reply.header('idempotency-replayed', 'true').code(status);
  void reply.send(status === 204 || status === 304 ? null : Buffer.from(body, 'base64'));
}
