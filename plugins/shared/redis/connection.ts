/**
 * One connection to a Redis, for any plugin that keeps something there; not a plugin itself.
 *
 * A command waits no longer than its timeout, and hardly at all while Redis is down: then `ask`
 * returns `undefined`, and its caller decides what applies. The URL is a secret, so errors of the client
 * are reported by their code. Whoever makes a connection closes it.
 */
import type { LookupFunction } from 'node:net';
import { Redis } from 'ioredis';
import type { PluginState } from 'portico';
import { connectorWith } from './connector.ts';
import { Outage, type OutageLog } from './outage.ts';
import { StoreHealth } from './store-health.ts';

export interface ConnectionOptions {
  /** What the log calls it, such as `the store of rate limits`. */
  readonly name: string;
  readonly url: string;
  /** Of one answer. */
  readonly timeoutMs: number;
  /** Lua, by a name that `run` takes. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface ConnectionSurroundings {
  readonly log: OutageLog;
  readonly random: () => number;
  readonly lookup: LookupFunction;
}

type Argument = string | number;
type Script = (keys: number, ...rest: Argument[]) => Promise<unknown>;

/** So long a start waits for Redis; then requests find out for themselves. */
const START_MS = 1_000;
/** Between attempts to connect. */
const RECONNECT_MS = { first: 50, last: 1_000 };
/** A connection on which nothing comes for so many timeouts is given up, and what waits on it. */
const DEAD_TIMEOUTS = 5;
/** More answers than this are not waited for at once. */
const MAX_WAITING = 10_000;

export class RedisConnection {
  readonly #timeoutMs: number;
  readonly #random: () => number;
  readonly #outage: Outage;
  readonly #client: Redis;
  readonly #health: StoreHealth;
  /** Of the connection's last failure. */
  #lastError = 'unreachable';
  #waiting = 0;
  #isClosed = false;

  constructor(
    { name, url, timeoutMs, scripts = {} }: ConnectionOptions,
    { log, random, lookup }: ConnectionSurroundings,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#random = random;
    this.#outage = new Outage(name, () => performance.now(), log);
    this.#client = new Redis(url, {
      // What the oldest servers speak, too.
      protocol: 2,
      Connector: connectorWith(lookup),
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: Math.max(1_000, timeoutMs),
      socketTimeout: timeoutMs * DEAD_TIMEOUTS,
      retryStrategy: (times) => this.#pauseMs(times),
      // Another has become the primary: its name leads there by now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      scripts: Object.fromEntries(Object.entries(scripts).map(([key, lua]) => [key, { lua }])),
    });
    this.#health = new StoreHealth(name, addressIn(url));
    this.#client.on('error', (error: Error) => {
      this.#lastError = reasonOf(error);
      this.#health.failed(this.#lastError);
    });
    this.#client.on('close', () => this.#health.isAway());
    this.#client.on('ready', () => {
      this.#outage.tryNext();
      this.#health.isBack();
    });
  }

  /** An answer failed to come, and none has come since. */
  get isAway(): boolean {
    return this.#outage.isOn;
  }

  /** For `/status`. */
  state(): PluginState {
    return this.#health.state();
  }

  /** Connects; a Redis that is not there is tried again and again, and not waited for long. */
  connect(): Promise<void> {
    return this.#inTime(this.#client.connect(), START_MS).catch(() => undefined);
  }

  /** What `command` is answered; `undefined` where no answer comes in time, or none is to be expected. */
  ask<T>(command: (client: Redis) => Promise<T>): Promise<T | undefined> {
    if (!this.#outage.mayTry()) return Promise.resolve(undefined);
    const isProbe = this.#outage.isOn;
    return this.#send(command).then(
      (answer) => {
        if (isProbe) {
          this.#outage.end();
          this.#health.isBack();
        }
        return answer;
      },
      (error: Error) => {
        const reason = this.#client.status === 'ready' ? reasonOf(error) : this.#lastError;
        if (!this.#isClosed) {
          this.#outage.begin(reason);
          this.#health.isAway();
          this.#health.failed(reason);
        }
        return undefined;
      },
    );
  }

  /** The same for a script. */
  run(script: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.ask(() => this.#script(script, keys, args));
  }

  /** Runs a script and waits for nothing: it may fail. */
  tell(script: string, keys: readonly string[], args: readonly Argument[]): void {
    if (this.isAway) return;
    this.#script(script, keys, args).catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }

  #script(name: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    // The client has a method for each of its scripts, which its type cannot know.
    const scripts = this.#client as unknown as Readonly<Record<string, Script>>;
    return scripts[name]!(keys.length, ...keys, ...args);
  }

  async #send<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw new Error('too many commands are waiting');
    return this.#inTime(command(this.#client), this.#timeoutMs);
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
    return Math.min(first * 2 ** Math.min(times, 10), last) * (0.5 + this.#random() / 2);
  }
}

class TimeoutError extends Error {
  readonly code = 'timeout';
}

/** Without the user and the password; a URL that cannot be read has no address. */
const addressIn = (url: string): string => (URL.canParse(url) ? new URL(url).host : '');

/** A code, or the first word of what Redis said, such as `WRONGPASS`; never a whole message. */
function reasonOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  const [word = ''] = error.message.split(' ');
  return /^[A-Z]+$/.test(word) ? word : error.name;
}
