/** Counts in Redis, shared by all gateways that name the same one; while Redis is down, `onError` decides. */
import { GatewayError, type PluginCounter, type PluginState } from 'portico';
import { type ConnectionSurroundings, RedisConnection } from '../shared/redis/connection.ts';
import type { Calendar } from './calendar.ts';
import { type Ask, type Counts, type Decision, type Usage, windowKey } from './counts.ts';
import type { RedisSettings } from './options.ts';
import { GIVE_BACK, TAKE, USAGE } from './quota-scripts.ts';

export interface RedisSurroundings extends ConnectionSurroundings {
  /** Milliseconds since 1970, by the gateway's clock. */
  readonly now: () => number;
  /** Requests that were not counted, because Redis did not answer. */
  readonly errors: PluginCounter;
  /** Values in Redis that the gateway did not write. */
  readonly damaged: PluginCounter;
}

/** Once for the time of Redis, and once more where a window ends just then. */
const MOST_TRIES = 3;

const SCRIPTS = {
  porticoQuotaTake: TAKE,
  porticoQuotaGiveBack: GIVE_BACK,
  porticoQuotaUsage: USAGE,
};

export class RedisCounts implements Counts {
  readonly #settings: RedisSettings;
  readonly #around: RedisSurroundings;
  readonly #connection: RedisConnection;
  /** How far the clock of Redis is ahead of the gateway's, as far as that has mattered. */
  #aheadMs = 0;

  constructor(settings: RedisSettings, around: RedisSurroundings) {
    this.#settings = settings;
    this.#around = around;
    const { redis: url, timeout: timeoutMs } = settings;
    const name = 'the store of quotas';
    this.#connection = new RedisConnection({ name, url, timeoutMs, scripts: SCRIPTS }, around);
  }

  /** Connects; a Redis that is not there is not waited for long. */
  connect(): Promise<void> {
    return this.#connection.connect();
  }

  /** @throws GW_DEPENDENCY_DOWN while Redis does not answer, where `onError` is `refuse` */
  async take(asks: readonly Ask[]): Promise<Decision> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const windows = asks.map(({ calendar }) => calendar.at(this.#now()));
      const keys = asks.map(({ key }, i) => this.#keyOf(windowKey(key, windows[i]!)));
      const args = asks.flatMap(({ limit }, i) => [limit, windows[i]!.startMs, windows[i]!.endMs]);
      const answer = await this.#connection.run('porticoQuotaTake', keys, args);
      if (answer === undefined) break;
      const [now = 0, verdict, damaged = 0, ...used] = (answer as readonly unknown[]).map(Number);
      if (verdict === -1) {
        this.#aheadMs = now - this.#around.now();
        continue;
      }
      if (damaged > 0) this.#around.damaged.inc({}, damaged);
      const taken = windows.map((window, i) => ({ window, used: used[i] ?? 0 }));
      return { isAdmitted: verdict === 1, taken, now };
    }
    return this.#without();
  }

  /** Not waited for: where it fails, the quota is stricter than it need be. */
  giveBack(asks: readonly Ask[], { taken }: Decision): void {
    if (taken.length === 0) return;
    const keys = asks.map(({ key }, i) => this.#keyOf(windowKey(key, taken[i]!.window)));
    this.#connection.tell('porticoQuotaGiveBack', keys, []);
  }

  usage(key: string, calendar: Calendar): Promise<Usage> {
    return this.#usage(key, calendar, 0);
  }

  reset(key: string, calendar: Calendar): Promise<Usage> {
    return this.#usage(key, calendar, 1);
  }

  /** Of the connection, for `/status`. */
  state(): PluginState {
    return this.#connection.state();
  }

  close(): void {
    this.#connection.close();
  }

  /** As Redis has it, as far as is known. */
  #now(): number {
    return this.#around.now() + this.#aheadMs;
  }

  #keyOf(key: string): string {
    return this.#settings.prefix + key;
  }

  async #usage(key: string, calendar: Calendar, forget: 0 | 1): Promise<Usage> {
    const window = calendar.at(this.#now());
    const keys = [this.#keyOf(windowKey(key, window))];
    const answer = await this.#connection.run('porticoQuotaUsage', keys, [forget]);
    if (answer === undefined) {
      throw new GatewayError('GW_DEPENDENCY_DOWN', 'quotas cannot be looked up: try again');
    }
    const [, used = 0, damaged = 0] = (answer as readonly unknown[]).map(Number);
    if (damaged > 0) this.#around.damaged.inc({}, damaged);
    return { window, used };
  }

  /** What holds without Redis. */
  #without(): Decision {
    this.#around.errors.inc({});
    if (this.#settings.onError === 'refuse') {
      throw new GatewayError('GW_DEPENDENCY_DOWN', 'quotas cannot be looked up');
    }
    return { isAdmitted: true, taken: [], now: this.#now() };
  }
}
