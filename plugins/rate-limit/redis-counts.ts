/**
 * Counts in Redis, shared by all gateways that name the same one.
 *
 * A request waits for it no longer than its timeout, and while it is away hardly at all: `onError`
 * says what holds then. The URL is a secret, so that errors of the client are told by their code.
 */
import { Redis, type Result } from 'ioredis';
import { GatewayError, type PluginCounter } from 'portico';
import type { Ask, GcraMemory, Taken } from './gcra.ts';
import { giveBackScript, REDIS_TIME, takeScript } from './gcra-script.ts';
import { Outage, type OutageLog } from './outage.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    porticoTake(keys: number, ...rest: (string | number)[]): Result<number[], Context>;
    porticoGiveBack(keys: number, ...rest: (string | number)[]): Result<number, Context>;
  }
}

export interface RedisOptions {
  readonly url: string;
  /** What holds while Redis does not answer. */
  readonly onError: 'allow' | 'refuse' | 'local';
  /** Before each key. */
  readonly prefix: string;
  /** Of one answer. */
  readonly timeoutMs: number;
}

export interface RedisSurroundings {
  /** Counts while Redis is away, where `onError` is `local`. */
  readonly local: GcraMemory;
  /** Requests that were decided without Redis. */
  readonly errors: PluginCounter;
  readonly log: OutageLog;
  readonly random: () => number;
}

/** So long a start waits for Redis; then requests find out for themselves. */
const START_MS = 1_000;
/** Between attempts to connect. */
const RECONNECT_MS = { first: 50, last: 1_000 };
/** A connection on which nothing comes for so many timeouts is given up, and what waits on it. */
const DEAD_TIMEOUTS = 5;
/** More answers than this are not waited for at once. */
const MAX_WAITING = 10_000;

export class RedisCounts {
  readonly #options: RedisOptions;
  readonly #around: RedisSurroundings;
  readonly #outage: Outage;
  readonly #client: Redis;
  /** Of the connection's last failure. */
  #lastError = 'unreachable';
  #waiting = 0;

  constructor(options: RedisOptions, around: RedisSurroundings) {
    this.#options = options;
    this.#around = around;
    this.#outage = new Outage(() => performance.now(), around.log);
    this.#client = new Redis(options.url, {
      // What the oldest servers speak, too.
      protocol: 2,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: Math.max(1_000, options.timeoutMs),
      socketTimeout: options.timeoutMs * DEAD_TIMEOUTS,
      retryStrategy: (times) => this.#pauseMs(times),
      // Another has become the primary: its name leads there by now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      scripts: {
        porticoTake: { lua: takeScript(REDIS_TIME) },
        porticoGiveBack: { lua: giveBackScript(REDIS_TIME) },
      },
    });
    this.#client.on('error', (error: Error) => (this.#lastError = reasonOf(error)));
    this.#client.on('ready', () => this.#outage.tryNext());
  }

  /** Connects; a Redis that is not there is tried again and again, and not waited for long. */
  connect(): Promise<void> {
    return this.#inTime(this.#client.connect(), START_MS).catch(() => undefined);
  }

  /** @throws GW_DEPENDENCY_DOWN while Redis does not answer, where `onError` is `refuse` */
  takeAll(asks: readonly Ask[]): Promise<readonly Taken[]> {
    if (!this.#outage.mayTry()) return this.#without(asks);
    const isProbe = this.#outage.isOn;
    return this.#take(asks).then(
      (taken) => {
        if (isProbe) this.#outage.end();
        return taken;
      },
      (error: Error) => {
        this.#outage.begin(this.#client.status === 'ready' ? reasonOf(error) : this.#lastError);
        return this.#without(asks);
      },
    );
  }

  /** Not waited for: where it fails, the limit is stricter than it need be, for a while. */
  giveBack(asks: readonly Ask[], taken: readonly Taken[]): void {
    // What was taken without Redis was not counted in it.
    const counted = asks.flatMap((ask, i) => (taken[i]!.at > 0 ? [{ ask, ...taken[i]! }] : []));
    if (counted.length === 0 || this.#outage.isOn) return;
    const args = counted.flatMap(({ ask, at, resetMs }) => [
      (ask.windowMs / ask.max) * ask.cost,
      Math.round(at * 1_000),
      resetMs,
    ]);
    const keys = counted.map(({ ask }) => this.#options.prefix + ask.key);
    this.#client.porticoGiveBack(keys.length, ...keys, ...args).catch(() => undefined);
  }

  close(): void {
    this.#client.disconnect();
  }

  async #take(asks: readonly Ask[]): Promise<Taken[]> {
    if (this.#waiting >= MAX_WAITING) throw new Error('too many wait');
    const keys = asks.map(({ key }) => this.#options.prefix + key);
    const args = asks.flatMap((ask) => [ask.max, ask.windowMs, ask.cost, ask.isBinding ? 1 : 0]);
    const answer = await this.#inTime(
      this.#client.porticoTake(keys.length, ...keys, ...args),
      this.#options.timeoutMs,
    );
    const [at = 0, ...told] = answer.map(Number);
    return asks.map((_ask, i) => {
      const [allowed, remaining = 0, resetUs = 0] = told.slice(i * 3, i * 3 + 3);
      return { allowed: allowed === 1, remaining, resetMs: resetUs / 1_000, at: at / 1_000 };
    });
  }

  /** What holds without Redis. */
  async #without(asks: readonly Ask[]): Promise<readonly Taken[]> {
    const { onError } = this.#options;
    const { errors, local } = this.#around;
    errors.inc({});
    if (onError === 'refuse') {
      throw new GatewayError('GW_DEPENDENCY_DOWN', 'rate limits can not be looked up');
    }
    if (onError === 'allow') {
      return asks.map(({ max }) => ({ allowed: true, remaining: max, resetMs: 0, at: 0 }));
    }
    return local.takeAll(asks).map((taken) => ({ ...taken, at: 0 }));
  }

  /** Fails when `answer` takes longer than `ms`. */
  #inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
    this.#waiting += 1;
    return new Promise<T>((resolve, reject) => {
      // An answer may have come while this process was busy: what has come is read first.
      const late = (): unknown => setImmediate(() => reject(new TimeoutError()));
      const timer = setTimeout(late, ms);
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.#waiting -= 1;
      });
    });
  }

  /** Exponential, with jitter, so that many gateways do not come back at once. */
  #pauseMs(times: number): number {
    const { first, last } = RECONNECT_MS;
    return Math.min(first * 2 ** Math.min(times, 10), last) * (0.5 + this.#around.random() / 2);
  }
}

class TimeoutError extends Error {
  readonly code = 'timeout';
}

/** A code, or the first word of what Redis said, such as `WRONGPASS`; never a whole message. */
function reasonOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  const [word = ''] = error.message.split(' ');
  return /^[A-Z]+$/.test(word) ? word : error.name;
}
