/**
 * What a plugin is: a schema for what the config may say, and hooks and policies made from it.
 *
 * Ours have no privileges: everything in plugins/ is built on this alone, and what others must know of
 * a plugin stands in its definition.
 */
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { PluginRisk, Severity } from '../config/audit/audit.ts';
import { ACTIONS } from '../actions/index.ts';
import type { KnownNames } from '../config/modules.ts';
import type { ServerPermission } from '../config/schema/permissions.ts';
import { RouteBase } from '../config/schema/route.ts';
import { hint } from '../config/check/suggest.ts';
import { NAME, nameFault } from '../config/schema/types.ts';
import type { PluginHost } from './plugin-host.ts';
import type { RegisteredPlugin } from './plugin-hooks.ts';

export type { KnownNames };

/** A fault that a plugin finds in a route's options. */
export interface OptionFault {
  /** Below the plugin's key. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Point at the key itself, such as one that nobody knows, or at its value. Default `value`. */
  readonly at?: 'key' | 'value';
  /** A warning lets the config serve. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** Risks of a plugin's settings, and of what a route says to it; paths start below its key. */
export interface PluginRisks<Settings, Options> {
  /** Every rule by its id, such as `keys-over-http`, which `--ignore` may name. */
  readonly rules: Readonly<Record<string, Severity>>;
  ofSettings?(settings: Settings): Iterable<PluginRisk>;
  /** `others` are the plugins on the same route, with their options; `known` is what there is. */
  ofOptions?(
    options: Options,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<PluginRisk>;
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
  /**
   * It admits no unknown client, even where every plugin that identifies is optional. Default false.
   */
  readonly insists?: boolean;
  /** It bounds how often a client may ask. Default false. */
  readonly limits?: boolean;
  /** Headers only the gateway may set: removed from every client's request, on every route. */
  owns?(settings: z.output<S>, options: readonly z.output<O>[]): Iterable<string>;
  /** What `plugin:<name>` stands for, where a limit or a hash takes its key from a request. */
  key?(request: FastifyRequest, settings: z.output<S>): string | undefined;
  /**
   * Finds what the schemas cannot: names that refer to nothing. `others` are the keys that stand on
   * the same route, plugins among them, with what they say; `known` is what names may refer to.
   */
  check?(
    options: z.output<O>,
    settings: z.output<S>,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<OptionFault>;
  /** What `portico audit` tells: not wrong, but seldom meant. */
  readonly risks?: PluginRisks<z.output<S>, z.output<O>>;
  /** Runs once for each generation. */
  register(
    settings: z.output<S>,
    host: PluginHost,
  ): RegisteredPlugin<z.output<O>> | Promise<RegisteredPlugin<z.output<O>>>;
}

const BRAND: unique symbol = Symbol.for('portico.plugin') as never;

/** A plugin whose types nobody needs to know any more. */
export type Plugin = PluginDefinition<z.ZodObject, z.ZodType> & { readonly [BRAND]: true };

/** Words of routes that are still to come. */
const FUTURE = ['split', 'mirror', 'sticky'];

/** Names that mean something else on a route. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.keys(RouteBase.shape),
  ...ACTIONS.flatMap(({ key, beside }) => [key, ...Object.keys(beside)]),
  ...FUTURE,
]);

/** What a definition may have. */
const KEYS: readonly string[] = [
  'name',
  'settings',
  'options',
  'pemFiles',
  'requires',
  'identifies',
  'insists',
  'limits',
  'owns',
  'key',
  'check',
  'risks',
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
  if (!NAME.test(name)) throw new TypeError(nameFault(name, 'a plugin'));
  if (RESERVED.has(name)) throw new TypeError(`a plugin cannot be called "${name}"`);
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
