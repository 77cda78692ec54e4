/**
 * Keys in a Redis: a hash `<prefix>key:<SHA-256 of the key>` with the fields `consumer`, `plan`
 * and `scopes`.
 *
 * Found keys are cached for a while, unknown ones for a shorter time and separately, so that guessing
 * evicts no known key.
 */
import { type Consumer, GatewayError, type PluginCounter, type PluginState } from 'portico';
import { type ConnectionSurroundings, RedisConnection } from '../shared/redis/connection.ts';
import { consumerOf } from './consumer.ts';
import { ExpiringMap } from './expiring-map.ts';

export interface RedisKeysOptions {
  readonly url: string;
  /** Before each key of Redis. */
  readonly prefix: string;
  /** How long a key is not looked up again. */
  readonly cacheMs: number;
  /** Of one answer. */
  readonly timeoutMs: number;
  /** What holds while Redis does not answer, for a key that was found before. */
  readonly onError: 'refuse' | 'hold';
}

export interface RedisKeysSurroundings extends ConnectionSurroundings {
  /** Values in Redis that are not an API key. */
  readonly damaged: PluginCounter;
}

/** Some hundred bytes each. */
const MAX_FOUND = 50_000;
const MAX_UNKNOWN = 10_000;
/** How soon a new key works for a client that tried it before it existed. */
const UNKNOWN_MS = 1_000;

const FIELDS = ['consumer', 'plan', 'scopes'] as const;
type Fields = readonly (string | null)[];

export class RedisKeys {
  readonly #options: RedisKeysOptions;
  readonly #connection: RedisConnection;
  readonly #damaged: PluginCounter;
  readonly #now: () => number;
  readonly #found: ExpiringMap<Consumer>;
  readonly #unknown: ExpiringMap<true>;
  /** Look-ups under way, by digest: each is asked for once. */
  readonly #asked = new Map<string, Promise<Fields | undefined>>();

  constructor(options: RedisKeysOptions, around: RedisKeysSurroundings, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#damaged = around.damaged;
    const { url, timeoutMs, cacheMs } = options;
    this.#connection = new RedisConnection(
      { name: 'the store of API keys', url, timeoutMs },
      around,
    );
    this.#found = new ExpiringMap({ maxAgeMs: cacheMs, maxSize: MAX_FOUND });
    const maxAgeMs = Math.min(cacheMs, UNKNOWN_MS);
    this.#unknown = new ExpiringMap({ maxAgeMs, maxSize: MAX_UNKNOWN });
  }

  /** Connects; a Redis that is not there is not waited for long. */
  connect(): Promise<void> {
    return this.#connection.connect();
  }

  /** Whether this digest belonged to a consumer when it was last looked up. */
  has(digest: string): boolean {
    return this.#found.last(digest) !== undefined;
  }

  /** Whose key this is; nothing to wait for, where that was asked not long ago. */
  find(digest: string): Consumer | undefined | Promise<Consumer | undefined> {
    const now = this.#now();
    const found = this.#found.fresh(digest, now);
    if (found !== undefined) return found;
    return this.#unknown.fresh(digest, now) === true ? undefined : this.#lookUp(digest);
  }

  /** Whose key it was when it was looked up not long ago; asks nobody. */
  fresh(digest: string): Consumer | undefined {
    return this.#found.fresh(digest, this.#now());
  }

  /** It was looked up not long ago, and was nobody's. */
  isUnknown(digest: string): boolean {
    return this.#unknown.fresh(digest, this.#now()) === true;
  }

  /** Of the connection, for `/status`. */
  state(): PluginState {
    return this.#connection.state();
  }

  close(): void {
    this.#connection.close();
  }

  /** @throws GW_DEPENDENCY_DOWN */
  async #lookUp(digest: string): Promise<Consumer | undefined> {
    const fields = await this.#fieldsOf(digest);
    if (fields === undefined) return this.#without(digest);
    const [id, plan, scopes] = fields;
    const now = this.#now();
    if (id === null || id === undefined || id === '') {
      // It exists but names no consumer: its author wants to know.
      if (fields.some((field) => field !== null)) this.#damaged.inc({});
      this.#found.delete(digest);
      this.#unknown.set(digest, true, now);
      return undefined;
    }
    const consumer = consumerOf({
      id,
      plan: plan === null || plan === '' ? undefined : plan,
      scopes: (scopes ?? '').split(' ').filter((each) => each !== ''),
    });
    this.#found.set(digest, consumer, now);
    this.#unknown.delete(digest);
    return consumer;
  }

  /** `undefined` where Redis does not answer. */
  #fieldsOf(digest: string): Promise<Fields | undefined> {
    const known = this.#asked.get(digest);
    if (known !== undefined) return known;
    const key = `${this.#options.prefix}key:${digest}`;
    const asked = this.#connection
      .ask<Fields>((client) => client.hmget(key, ...FIELDS).catch(noneIfNoHash))
      .finally(() => this.#asked.delete(digest));
    this.#asked.set(digest, asked);
    return asked;
  }

  #without(digest: string): Consumer | undefined {
    const held = this.#options.onError === 'hold' ? this.#found.last(digest) : undefined;
    if (held !== undefined) return held;
    throw new GatewayError('GW_DEPENDENCY_DOWN', 'API keys cannot be looked up');
  }
}

/** A value that is not a hash is not a key; it does not mean that Redis is down. */
function noneIfNoHash(error: Error): Fields {
  if (error.message.startsWith('WRONGTYPE')) return [''];
  throw error;
}
