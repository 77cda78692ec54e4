/** What a plugin gets from the gateway while it registers. */
import type { LookupFunction } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { UpstreamResponse } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { RecordStore } from '../operations/record-store.ts';

/** A counter that belongs to the gateway and outlives a reload. */
export interface PluginCounter {
  inc(labels: Readonly<Record<string, string>>, by?: number): void;
}

export interface PluginMetrics {
  /**
   * `name` without prefix gets `portico_`; label values must come from a bounded set. What comes after 50,000
   * series is counted as `other`.
   *
   * @throws {TypeError} for a name or a label that Prometheus cannot read, and where the name is taken
   */
  counter(name: string, help: string, labels: readonly string[]): PluginCounter;
}

/** What a plugin gets from the gateway. */
export interface PluginHost {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The gateway's time and timers, for what lasts: windows, delays, ages. Tests move it. */
  readonly clock: Clock;
  /** Milliseconds since 1970, for what goes by the calendar. */
  readonly wallClock: () => number;
  /**
   * True while `portico validate` only checks the config: `register` builds and compiles everything, but
   * makes no calls: no network, no wait. `close` follows.
   */
  readonly checking: boolean;
  /** The generation's Fastify: decorators and Fastify plugins go here. It never listens. */
  readonly app: FastifyInstance;
  readonly log: FastifyBaseLogger;
  readonly metrics: PluginMetrics;
  /**
   * Like `globalThis.fetch`, for servers that are not upstreams: names are resolved as those of upstreams are, so
   * that a slow one delays nothing else. Bound it with a `signal`.
   */
  readonly fetch: typeof globalThis.fetch;
  /** The same for sockets of your own: the option `lookup` of `net.connect`. */
  readonly lookup: LookupFunction;
  /**
   * For what must survive a reload: the value that the previous generation kept under `key`, if
   * the plugin's settings are equal; otherwise a new one. `dispose` ends it when no generation uses it.
   */
  keep<T>(key: string, make: () => T, dispose?: (value: T) => void): T;
  /** The same for what must also survive a change of the settings. */
  keepThrough<T>(key: string, make: () => T, dispose?: (value: T) => void): T;
  readonly admin: PluginAdmin;
  /** The plugin's records in the `store` of the config, which all gateways on it share; `undefined` without one. */
  readonly records: RecordStore | undefined;
  /**
   * Calls an upstream of the config, with its policies, on behalf of a client's request.
   *
   * @throws {TypeError} for an unknown upstream
   */
  callOf(upstream: string): PluginCall;
}

export interface PluginCallOptions {
  /** Default GET. */
  readonly method?: string;
  /** Canonical, without the query. */
  readonly path: string;
  /** With its `?`. */
  readonly query?: string;
  /** In addition to those that every call carries, such as `x-forwarded-for`. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Ends when the client disconnects. The caller must end the response body, for example with `dump()`. */
export type PluginCall = (
  request: FastifyRequest,
  options: PluginCallOptions,
) => Promise<UpstreamResponse>;

/** Orders from operators to a plugin through the admin port, if the config has one. */
export interface PluginAdmin {
  /**
   * `POST path` with a JSON body that fits `schema`, from clients that may change the gateway's state. What
   * `handler` returns, or a GatewayError that it throws, is the response.
   *
   * @throws {TypeError} for a path that is already taken
   */
  post<S extends z.ZodType>(path: string, schema: S, handler: (body: z.output<S>) => unknown): void;
}
