/** What a plugin gets from the gateway while it registers. */
import type { LookupFunction } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { UpstreamResponse } from '../core/call.ts';

/** A counter that belongs to the gateway and outlives a reload. */
export interface PluginCounter {
  inc(labels: Readonly<Record<string, string>>, by?: number): void;
}

export interface PluginMetrics {
  /** `name` without prefix gets `portico_`; label values must come from a bounded set. */
  counter(name: string, help: string, labels: readonly string[]): PluginCounter;
}

/** What a plugin gets from the gateway. */
export interface PluginHost {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * The config is only checked, by `portico validate`: `register` makes and compiles everything, and
   * calls nobody: no network, no wait. `close` follows.
   */
  readonly checking: boolean;
  /** The generation's Fastify: decorators and Fastify plugins go here. It never listens. */
  readonly app: FastifyInstance;
  readonly log: FastifyBaseLogger;
  readonly metrics: PluginMetrics;
  /**
   * As `globalThis.fetch`, for what is no upstream: names are resolved as those of upstreams are, so that
   * a slow one delays nothing else. Bound it with a `signal`.
   */
  readonly fetch: typeof globalThis.fetch;
  /** The same for sockets of your own: the option `lookup` of `net.connect`. */
  readonly lookup: LookupFunction;
  /**
   * What must survive a reload: the value that the previous generation kept under `key`, as long as
   * the plugin's settings are equal; else a new one. `dispose` ends it when no generation uses it.
   */
  keep<T>(key: string, make: () => T, dispose?: (value: T) => void): T;
  /** The same for what must survive a change of the settings, too. */
  keepThrough<T>(key: string, make: () => T, dispose?: (value: T) => void): T;
  readonly admin: PluginAdmin;
  /**
   * Calls an upstream of the config, with its policies, on behalf of a client's request.
   *
   * @throws {TypeError} for an upstream that there is not
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
  /** Besides those that every call carries, such as `x-forwarded-for`. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Ends when the client leaves. Whoever receives the response must end its body, such as by `dump()`. */
export type PluginCall = (
  request: FastifyRequest,
  options: PluginCallOptions,
) => Promise<UpstreamResponse>;

/** What operators may tell a plugin through the admin port, where the config has one. */
export interface PluginAdmin {
  /**
   * `POST path` with a JSON body that fits `schema`, from whom may change the gateway's state; what
   * `handler` returns is the answer, a GatewayError that it throws is one too.
   *
   * @throws {TypeError} for a path that is taken
   */
  post<S extends z.ZodType>(path: string, schema: S, handler: (body: z.output<S>) => unknown): void;
}
