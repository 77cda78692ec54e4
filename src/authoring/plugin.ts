/**
 * The definition of a plugin: a schema for its config, and hooks and policies built from it.
 *
 * Built-in plugins have no privileges: everything in plugins/ is built on this alone, and what others must know
 * about a plugin is in its definition.
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
import type { DocumentedOperation, PluginDocument } from '../openapi/plugin-document.ts';
import type { PluginHost } from './plugin-host.ts';
import type { RegisteredPlugin, ScriptFields } from './plugin-hooks.ts';

export type { KnownNames };

/** A fault that a plugin finds in a route's options. */
export interface OptionFault {
  /** Below the plugin's key. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Point at the key itself, for example an unknown one, or at its value. Default `value`. */
  readonly at?: 'key' | 'value';
  /** A warning lets the config serve. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** Risks of a plugin's settings and of its options on a route; paths start below its key. */
export interface PluginRisks<Settings, Options> {
  /** Every rule by its id, such as `keys-over-http`, which `--ignore` may name. */
  readonly rules: Readonly<Record<string, Severity>>;
  ofSettings?(settings: Settings): Iterable<PluginRisk>;
  /**
   * `others` are the plugins on the same route, with their options; `known` are the names that exist; `now` is in
   * milliseconds since 1970, because what is risky may be so from a time on; `settings` are those of the plugin.
   */
  ofOptions?(
    options: Options,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
    now: number,
    settings: Settings,
  ): Iterable<PluginRisk>;
}

/** What a change of a plugin's config admits that was refused before. */
export interface Loosening {
  /** Below the plugin's key, or its settings. */
  readonly path: readonly (string | number)[];
  /** One sentence for a reviewer, without values that may be secrets: `requests without a token are admitted`. */
  readonly message: string;
  /** Default `medium`. */
  readonly severity?: Severity;
}

/** How `portico diff` compares a plugin's settings, and its options on a route. */
export interface PluginLoosening<Settings, Options> {
  ofSettings?(before: Settings, after: Settings): Iterable<Loosening>;
  /**
   * `undefined`: the route does not have the plugin, before or after. That a plugin which identifies, insists or
   * limits has gone is told without asking. `others` are the plugins on the route after the change.
   */
  ofOptions?(
    before: Options | undefined,
    after: Options | undefined,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<Loosening>;
}

export interface PluginDefinition<S extends z.ZodObject, O extends z.ZodType> {
  /** Its key on routes and under `plugins`. */
  readonly name: string;
  /** Plugin-wide, under `plugins.<name>`; a strict object. */
  readonly settings: S;
  /** Per route, under its key. */
  readonly options: O;
  /**
   * Settings that hold PEM text or name a file with it, such as `issuers.*.key`; `*` is any
   * key. Names are relative to the config; the settings get the text.
   */
  readonly pemFiles?: readonly string[];
  /**
   * Options on a route that name a text file of at most 4 MiB, such as `documents`; `*` is any key. Names are relative
   * to the config; the options get the text, and a change of the file is a change of the config.
   */
  readonly optionFiles?: readonly string[];
  /**
   * What `server` must allow before a route may use the plugin; otherwise the config is
   * refused.
   */
  readonly requires?: ServerPermission;
  /**
   * It sets `request.consumer`, so that `authorize` and claims can be used on its routes.
   * Default false.
   */
  readonly identifies?: boolean;
  /**
   * It admits no anonymous client, even if every plugin that identifies is optional. Default false.
   */
  readonly insists?: boolean;
  /**
   * Of a plugin that identifies: whether these options admit requests without its credential. Default: they do
   * not.
   */
  isOptional?(options: z.output<O>): boolean;
  /** It bounds how often a client may send requests. Default false. */
  readonly limits?: boolean;
  /**
   * Header fields, in lower case, that scripts need to speak what the plugin serves: `cors` on the same route lets
   * pages of other origins send and read them. Default: none.
   */
  readonly scripts?: ScriptFields;
  /** Headers that only the gateway may set: removed from client requests on every route. */
  owns?(settings: z.output<S>, options: readonly z.output<O>[]): Iterable<string>;
  /** The value of `plugin:<name>`, from which a limit or a hash takes its key for a request. */
  key?(request: FastifyRequest, settings: z.output<S>): string | undefined;
  /**
   * Finds what the schemas cannot, such as names that refer to nothing. `others` are the other keys of
   * the same route, including plugins, with their values; `known` are the names that exist.
   */
  check?(
    options: z.output<O>,
    settings: z.output<S>,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<OptionFault>;
  /** Findings of `portico audit`: not wrong, but seldom intended. */
  readonly risks?: PluginRisks<z.output<S>, z.output<O>>;
  /**
   * Tells which changes admit more. Without it, each change of a plugin that identifies, insists or limits is
   * one to look at.
   */
  readonly loosened?: PluginLoosening<z.output<S>, z.output<O>>;
  /**
   * What the plugin adds to the OpenAPI document of its routes: credentials, parameters, answers and fields. Default: nothing.
   * Asked once for each operation, with its method in upper case, and what else is known of it. Clients read it, so it names no secret and no upstream.
   */
  document?(
    options: z.output<O>,
    settings: z.output<S>,
    method: string,
    operation: DocumentedOperation,
  ): PluginDocument;
  /** Runs once per generation. */
  register(
    settings: z.output<S>,
    host: PluginHost,
  ): RegisteredPlugin<z.output<O>> | Promise<RegisteredPlugin<z.output<O>>>;
}

const BRAND: unique symbol = Symbol.for('portico.plugin') as never;

/** A plugin whose exact types are no longer needed. */
export type Plugin = PluginDefinition<z.ZodObject, z.ZodType> & { readonly [BRAND]: true };

/** Keys that routes will have in the future. */
const FUTURE = ['split', 'mirror', 'sticky'];

/** Names that mean something else on a route. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.keys(RouteBase.shape),
  ...ACTIONS.flatMap(({ key, beside }) => [key, ...Object.keys(beside)]),
  ...FUTURE,
]);

/** The keys of a definition. */
const KEYS: readonly string[] = [
  'name',
  'settings',
  'options',
  'pemFiles',
  'optionFiles',
  'requires',
  'identifies',
  'insists',
  'isOptional',
  'limits',
  'scripts',
  'owns',
  'key',
  'check',
  'risks',
  'loosened',
  'document',
  'register',
] satisfies readonly (keyof PluginDefinition<z.ZodObject, z.ZodType>)[];

/**
 * Defines a plugin; the module's default export.
 *
 * @throws {TypeError} for a name that routes already use, settings that do not catch typos, and anything that
 *   types would refuse: modules run without type checks
 */
export function definePlugin<S extends z.ZodObject, O extends z.ZodType>(
  definition: PluginDefinition<S, O>,
): Plugin {
  checkDefinition({ ...definition });
  return { ...definition, [BRAND]: true } as unknown as Plugin;
}

/** Why no plugin can have this name; `undefined` if one can. */
export function pluginNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return nameFault(name, 'a plugin');
  return RESERVED.has(name) ? `a plugin cannot be called "${name}"` : undefined;
}

function checkDefinition(definition: Readonly<Record<string, unknown>>): void {
  const { name, settings, options, register } = definition;
  if (typeof name !== 'string') throw new TypeError('a plugin needs a name: its key on routes');
  const nameless = pluginNameFault(name);
  if (nameless !== undefined) throw new TypeError(nameless);
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
