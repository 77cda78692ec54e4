/**
 * What a plugin is: a schema for what the config may say, and hooks and policies made from it.
 *
 * Ours have no privileges: everything in plugins/ is built on this alone.
 */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Transform } from 'node:stream';
import type { z } from 'zod';
import type { Policy, UpstreamResponse } from '../call.ts';
import type { KnownNames } from '../config/modules.ts';
import type { ServerPermission } from '../config/permissions.ts';
import { hint } from '../config/suggest.ts';
import { NAME } from '../config/types.ts';
import type { ResponseHead } from '../edge/response-head.ts';

export type { KnownNames };

/** When a hook runs, in this order; a word, never a number. */
export const PHASES = [
  'cors',
  'ip',
  'limitAddress',
  'authenticate',
  'authorize',
  'limitConsumer',
  'validate',
  'request',
] as const;
export type Phase = (typeof PHASES)[number];

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
  /** The generation's Fastify: decorators and Fastify plugins go here. It never listens. */
  readonly app: FastifyInstance;
  readonly log: FastifyBaseLogger;
  readonly metrics: PluginMetrics;
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

export interface PluginHooks<Options> {
  /** When `onRequest` runs; `undefined` for a route on which it has nothing to do. */
  readonly phase: Phase | ((options: Options) => Phase | undefined);
  /** Throws a GatewayError to refuse; answers through `reply` to end the request here. */
  onRequest?(request: FastifyRequest, reply: FastifyReply, options: Options): void | Promise<void>;
  /** Edits status and headers of the answer, synchronously. */
  onResponse?(request: FastifyRequest, head: ResponseHead, options: Options): void;
  /** A stream for the body to pass through; routes with one take Fastify's reply path. */
  transform?(request: FastifyRequest, head: ResponseHead, options: Options): Transform | undefined;
  /** Wraps every call made under the route; made once for each of its upstreams. */
  policy?(options: Options, upstream: string): Policy;
  /** Around the whole call (`outer`, retries inside), or around each attempt. Default `outer`. */
  readonly place?: 'outer' | 'inner';
  /** The generation ends. */
  close?(): void | Promise<void>;
}

/** A fault that a plugin finds in a route's options. */
export interface OptionFault {
  /** Below the plugin's key. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A warning lets the config serve. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

export interface PluginDefinition<S extends z.ZodObject, O extends z.ZodType> {
  /** Its key on routes and under `plugins`. */
  readonly name: string;
  /** Plugin-wide, under `plugins.<name>`; a strict object. */
  readonly settings: S;
  /** Per route, under its key. */
  readonly options: O;
  /**
   * Where the settings hold PEM text or the name of a file with it, such as `issuers.*.key`; `*` is any
   * key. Names start at the folder of the config; the settings are given the text.
   */
  readonly pemFiles?: readonly string[];
  /**
   * What must stand under `server` before a route may have the plugin; a config that has not said so is
   * refused.
   */
  readonly requires?: ServerPermission;
  /**
   * It sets `request.consumer`: what goes by who the client is (`authorize`, claims) may stand beside it.
   * Default false.
   */
  readonly identifies?: boolean;
  /** Headers only the gateway may set: removed from every client's request, on every route. */
  owns?(settings: z.output<S>, options: readonly z.output<O>[]): Iterable<string>;
  /** What `plugin:<name>` stands for, where a limit or a hash takes its key from a request. */
  key?(request: FastifyRequest, settings: z.output<S>): string | undefined;
  /**
   * Finds what the schemas can not: names that refer to nothing. `others` are the keys that stand on
   * the same route, plugins among them, with what they say; `known` is what names may refer to.
   */
  check?(
    options: z.output<O>,
    settings: z.output<S>,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<OptionFault>;
  /** Runs once for each generation. */
  register(
    settings: z.output<S>,
    host: PluginHost,
  ):
    | PluginHooks<z.output<O>>
    | readonly PluginHooks<z.output<O>>[]
    | Promise<PluginHooks<z.output<O>> | readonly PluginHooks<z.output<O>>[]>;
}

const BRAND: unique symbol = Symbol.for('portico.plugin') as never;

/** A plugin whose types nobody needs to know any more. */
export type Plugin = PluginDefinition<z.ZodObject, z.ZodType> & { readonly [BRAND]: true };

/** Names that mean something else on a route or to Fastify. */
const RESERVED = new Set([
  'match',
  'priority',
  'upstream',
  'rewrite',
  'aggregate',
  'aggregation',
  'bff',
  'redirect',
  'respond',
  'split',
  'mirror',
  'sticky',
  'fallback',
  'deadline',
  'timeout',
  'idleTimeout',
  'retry',
  'limits',
  'bulkhead',
]);

/** What a definition may have. */
const KEYS: readonly string[] = [
  'name',
  'settings',
  'options',
  'pemFiles',
  'requires',
  'identifies',
  'owns',
  'key',
  'check',
  'register',
] satisfies readonly (keyof PluginDefinition<z.ZodObject, z.ZodType>)[];

/**
 * Defines a plugin; the module's default export.
 *
 * @throws {TypeError} for a name that a route uses already, settings that let typos through, and what
 *   types would refuse: modules are run without them
 */
export function definePlugin<S extends z.ZodObject, O extends z.ZodType>(
  definition: PluginDefinition<S, O>,
): Plugin {
  checkDefinition({ ...definition });
  return { ...definition, [BRAND]: true } as unknown as Plugin;
}

function checkDefinition(definition: Readonly<Record<string, unknown>>): void {
  const { name, settings, options, register } = definition;
  if (typeof name !== 'string') throw new TypeError('a plugin needs a name: its key on routes');
  if (!NAME.test(name)) {
    const form = 'use letters, digits, - and _, starting with a letter';
    throw new TypeError(`"${name}" can not name a plugin: ${form}`);
  }
  if (RESERVED.has(name)) throw new TypeError(`a plugin can not be called "${name}"`);
  const fault = (what: string): TypeError => new TypeError(`plugin ${name}: ${what}`);
  for (const key of Object.keys(definition)) {
    if (!KEYS.includes(key)) throw fault(`unknown key "${key}"${hint(key, KEYS)}`);
  }
  if (!isStrictObject(settings)) throw fault('settings must be a z.strictObject');
  if (!isSchema(options)) throw fault('options must be a zod schema, such as z.strictObject({})');
  if (typeof register !== 'function') throw fault('register must be a function');
}

const isSchema = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;

const isStrictObject = (value: unknown): boolean =>
  isSchema(value) && (value as z.ZodObject)._zod.def.catchall?._zod.def.type === 'never';

export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && BRAND in value;
}
