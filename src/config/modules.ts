/** Plugins and BFFs that the config names and TypeScript provides, as far as the checks need them. */
import type { z } from 'zod';
import type { ActionModule } from './actions.ts';
import type { PluginRisk, Severity } from './audit/audit.ts';
import type { Finding, Path } from './fault.ts';
import type { ServerPermission } from './schema/permissions.ts';
import type { PluginSchema } from './schema/schema.ts';
import type { Source } from './yaml/source.ts';

export { isMap } from './yaml/tree.ts';

/** Names that a plugin's options may refer to. */
export interface KnownNames {
  /** Of the config. */
  readonly upstreams: ReadonlySet<string>;
  /** Those of them that are called over HTTP/2. */
  readonly http2: ReadonlySet<string>;
  /** The config has a `store`. */
  readonly hasStore: boolean;
  /** Those of them that have an OpenAPI document. */
  readonly documented: ReadonlySet<string>;
  /** Plugins that have a `key`: what `plugin:<name>` may name. */
  readonly keyed: ReadonlySet<string>;
  /** Plugins that authenticate clients, on routes that have their key. */
  readonly identifying: readonly string[];
  /**
   * Those that may say who the client is on a route with these keys. An ordinary Fastify plugin may, and
   * is on every route.
   */
  readonly identifyingOn: (keys: Pick<ReadonlySet<string>, 'has'>) => readonly string[];
  /** Plugins on a route with these keys that admit no unknown client. */
  readonly insistingOn: (keys: Pick<ReadonlySet<string>, 'has'>) => readonly string[];
}

export interface PluginModule extends PluginSchema {
  readonly name: string;
  readonly settings: z.ZodType;
  readonly options: z.ZodType;
  /** Where its settings name PEM files, such as `issuers.*.key`. */
  readonly pemFiles?: readonly string[];
  /** Where its options on a route name files that it reads, such as `documents`. */
  readonly optionFiles?: readonly string[];
  /** A route may use it only if the server allows it. */
  readonly requires?: ServerPermission;
  /** It authenticates clients. */
  readonly identifies?: boolean;
  /** It admits no unknown client. */
  readonly insists?: boolean;
  /** Do these options admit requests without its credential? */
  isOptional?(options: unknown): boolean;
  /** It bounds how often a client may ask. */
  readonly limits?: boolean;
  readonly risks?: PluginRiskFinder;
  readonly loosened?: PluginComparison;
  /** Looks at one route's options: names that refer to nothing, combinations that cannot work. */
  check?(
    options: unknown,
    settings: unknown,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<Finding>;
  /** Present where a source may be `plugin:<name>`. */
  readonly key?: unknown;
}

/** As far as an audit needs to know it. */
interface PluginRiskFinder {
  readonly rules: Readonly<Record<string, Severity>>;
  ofSettings?(settings: unknown): Iterable<PluginRisk>;
  ofOptions?(
    options: unknown,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
    now: number,
    settings: unknown,
  ): Iterable<PluginRisk>;
}

/** What a change of a plugin's config admits that was refused before; its path starts below the plugin's key. */
export interface PluginLoosened {
  readonly path: Path;
  readonly message: string;
  readonly severity?: Severity;
}

/** As far as a comparison of two configs needs to know it. */
interface PluginComparison {
  ofSettings?(before: unknown, after: unknown): Iterable<PluginLoosened>;
  ofOptions?(
    before: unknown,
    after: unknown,
    others: ReadonlyMap<string, unknown>,
    known: KnownNames,
  ): Iterable<PluginLoosened>;
}

export interface BffModule {
  /** Names of the upstreams it calls. */
  readonly upstreams: readonly string[];
}

export interface Modules {
  /** What routes may do. */
  readonly actions: readonly ActionModule[];
  /** By name: built-in ones, and those the config names. */
  readonly plugins: ReadonlyMap<string, PluginModule>;
  /** By the name of the route that mounts it. */
  readonly bffs: ReadonlyMap<string, BffModule>;
  /** Ordinary plugins of Fastify, which have no key on routes. */
  readonly fastifyPlugins: readonly { readonly name: string }[];
  /** Modules that could not be loaded. */
  readonly findings: readonly Finding[];
}

/** An upstream by its name, as far as plugins may know it. */
type NamedUpstream = readonly [
  name: string,
  upstream: { readonly http2?: unknown; readonly openapi?: unknown },
];

/** What options may refer to, where the config has these `upstreams`, and this `store`. */
export function knownNames(
  { plugins, fastifyPlugins }: Modules,
  upstreams: readonly NamedUpstream[],
  store?: unknown,
): KnownNames {
  const all = [...plugins];
  const identifying = all.flatMap(([name, { identifies }]) => (identifies === true ? name : []));
  const insisting = all.flatMap(([name, { insists }]) => (insists === true ? name : []));
  const everywhere = fastifyPlugins.map(({ name }) => name);
  return {
    upstreams: new Set(upstreams.map(([name]) => name)),
    http2: new Set(upstreams.flatMap(([name, { http2 }]) => (http2 === true ? name : []))),
    hasStore: store !== undefined,
    documented: new Set(
      upstreams.flatMap(([name, { openapi }]) => (openapi === undefined ? [] : name)),
    ),
    keyed: new Set(all.flatMap(([name, { key }]) => (key === undefined ? [] : name))),
    identifying,
    identifyingOn: (keys) => [...everywhere, ...identifying.filter((name) => keys.has(name))],
    insistingOn: (keys) => insisting.filter((name) => keys.has(name)),
  };
}

/** Imports what `source` names. Never throws: what is wrong is among the findings. */
export type ModuleLoader<M extends Modules = Modules> = (source: Source) => Promise<M>;
