/**
 * Counts in Redis, shared by all gateways that name the same one; while Redis is down, `onError`
 * decides.
 */
import { GatewayError, type PluginCounter, type PluginState } from 'portico';
import { type ConnectionSurroundings, RedisConnection } from '../shared/redis/connection.ts';
import type { Ask, GcraMemory, Taken } from './gcra.ts';
import { giveBackScript, REDIS_TIME, takeScript } from './gcra-script.ts';

export interface RedisOptions {
  readonly url: string;
  /** What holds while Redis does not answer. */
  readonly onError: 'allow' | 'refuse' | 'local';
  /** Prefix of every key. */
  readonly prefix: string;
  /** Of one answer. */
  readonly timeoutMs: number;
}

export interface RedisSurroundings extends ConnectionSurroundings {
  /** Counts while Redis is away, where `onError` is `local`. */
  readonly local: GcraMemory;
  /** Requests that were decided without Redis. */
  readonly errors: PluginCounter;
  /** Values in Redis that the gateway did not write. */
  readonly damaged: PluginCounter;
}

const SCRIPTS = {
  porticoTake: takeScript(REDIS_TIME),
  porticoGiveBack: giveBackScript(REDIS_TIME),
};

export class RedisCounts {
  readonly #options: RedisOptions;
  readonly #around: RedisSurroundings;
  readonly #connection: RedisConnection;

  constructor(options: RedisOptions, around: RedisSurroundings) {
    this.#options = options;
    this.#around = around;
    const { url, timeoutMs } = options;
    const name = 'the store of rate limits';
    this.#connection = new RedisConnection({ name, url, timeoutMs, scripts: SCRIPTS }, around);
  }

  /** Connects; a Redis that is not there is not waited for long. */
  connect(): Promise<void> {
    return this.#connection.connect();
  }

  /** @throws GW_DEPENDENCY_DOWN while Redis does not answer, where `onError` is `refuse` */
  async takeAll(asks: readonly Ask[]): Promise<readonly Taken[]> {
    const args = asks.flatMap((ask) => [ask.max, ask.windowMs, ask.cost, ask.isBinding ? 1 : 0]);
    const answer = await this.#connection.run('porticoTake', this.#keysOf(asks), args);
    if (answer === undefined) return this.#without(asks);
    const [at = 0, ...told] = (answer as readonly unknown[]).map(Number);
    const damaged = told.pop() ?? 0;
    if (damaged > 0) this.#around.damaged.inc({}, damaged);
    return asks.map((_ask, i) => {
      const [allowed, remaining = 0, resetUs = 0] = told.slice(i * 3, i * 3 + 3);
      return { allowed: allowed === 1, remaining, resetMs: resetUs / 1_000, at: at / 1_000 };
    });
  }

  /** Not waited for: where it fails, the limit is stricter than it need be, for a while. */
  giveBack(asks: readonly Ask[], taken: readonly Taken[]): void {
    // What was taken without Redis was not counted in it.
    const counted = asks.flatMap((ask, i) => (taken[i]!.at > 0 ? [{ ask, ...taken[i]! }] : []));
    if (counted.length === 0) return;
    const args = counted.flatMap(({ ask, at, resetMs }) => [
      (ask.windowMs / ask.max) * ask.cost,
      Math.round(at * 1_000),
      resetMs,
    ]);
    this.#connection.tell('porticoGiveBack', this.#keysOf(counted.map(({ ask }) => ask)), args);
  }

  /** Of the connection, for `/status`. */
  state(): PluginState {
    return this.#connection.state();
  }

  close(): void {
    this.#connection.close();
  }

  #keysOf(asks: readonly Ask[]): string[] {
    return asks.map(({ key }) => this.#options.prefix + key);
  }

  /** What holds without Redis. */
  #without(asks: readonly Ask[]): readonly Taken[] {
    const { onError } = this.#options;
    const { errors, local } = this.#around;
    errors.inc({});
    if (onError === 'refuse') {
      throw new GatewayError('GW_DEPENDENCY_DOWN', 'rate limits cannot be looked up');
    }
    if (onError === 'allow') {
      return asks.map(({ max }) => ({ allowed: true, remaining: max, resetMs: 0, at: 0 }));
    }
    return local.takeAll(asks).map((taken) => ({ ...taken, at: 0 }));
  }
}
