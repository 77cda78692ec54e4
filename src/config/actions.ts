/**
 * What the config needs to know about actions: their keys, their checks, and what they are built into.
 *
 * The config knows no action by name. It is given them, as it is given plugins.
 */
import type { z } from 'zod';
import type { PluginRisk, Severity } from './audit/audit.ts';
import type { CallOverrides } from './build/config.ts';
import type { Matches } from './check/match.ts';
import type { MirrorConfig } from './build/mirror.ts';
import type { NamedFiles } from './build/named-files.ts';
import type { SagaConfig } from './build/saga-config.ts';
import type { Finding, Path } from './fault.ts';
import type { BffModule } from './modules.ts';
import type { Tree } from './yaml/tree.ts';

/** What a route does, ready to run; each action adds to it what it runs on. */
export interface ActionConfig {
  /** The action's word for it, as `/status` and the log say it. */
  readonly kind: string;
  /** Clients may turn their connection into a WebSocket. */
  readonly opensSockets?: boolean;
  /** What its keys say of the route's calls, beside the route's own. */
  readonly overrides?: CallOverrides;
  /** Services that get copies of the requests; absent: none. */
  readonly mirrors?: readonly MirrorConfig[];
}

/** Where a route stands, and the files that it names. */
export interface RoutePlace {
  readonly at: Path;
  readonly files: NamedFiles;
}

/** The same where its config is built, which passed the checks. */
export interface BuildPlace extends RoutePlace {
  readonly sagas: Readonly<Record<string, SagaConfig>>;
}

/** A route with the action's key, as it was written. */
export interface WrittenAction extends RoutePlace {
  /** All that the config says. */
  readonly config: Tree;
  /** All that the route says. */
  readonly route: Tree;
  readonly matches: Matches;
  /** All routes of the config, by name. */
  readonly routes: Tree;
  /** Names of the config's. */
  readonly upstreams: readonly string[];
  /** A finding if there is no upstream `name`. */
  readonly checkUpstream: (name: string, at: Path) => Iterable<Finding>;
  /** The plugins that could authenticate the client, if none on the route does. Otherwise empty. */
  readonly unidentifying: readonly string[];
  /** Plugins that have a key for the source `plugin:x`. */
  readonly keyed: ReadonlySet<string>;
  /** The module that the route mounts, where it could be loaded. */
  readonly bff: BffModule | undefined;
}

/** Risks of an action that an audit tells; their paths start below the route. */
export interface ActionRisks<C extends ActionConfig = ActionConfig> {
  /** Each id, stable across versions, with its severity. */
  readonly rules: Readonly<Record<string, Severity>>;
  /** @param now milliseconds since 1970 */
  find(config: C, now: number): Iterable<PluginRisk>;
}

/** What a change of an action admits that was refused before; its path starts below the route. */
export interface ActionLoosening {
  /** One of `portico diff`. */
  readonly rule: 'loosened' | 'limit-removed' | 'limit-raised';
  readonly severity: Severity;
  readonly path: Path;
  readonly message: string;
}

export interface ActionModule {
  /** The route's key that chooses it. */
  readonly key: string;
  readonly kind: string;
  /** Of the key's value. */
  readonly schema: z.ZodType;
  /** Keys of the route that go with it alone. */
  readonly beside: Readonly<Record<string, z.ZodType>>;
  /** It lets clients reach upstreams: an audit checks who may, and how often. */
  readonly callsUpstreams: boolean;
  readonly risks?: ActionRisks | undefined;
  /** Tells what `now` admits that `before`, of the same action, refused. */
  loosened?(before: ActionConfig, now: ActionConfig): Iterable<ActionLoosening>;
  /** Plain paths that the route serves besides those of its match, given the key's value. */
  addedPaths?(value: unknown): readonly string[];
  /** Finds what schemas cannot. */
  check?(written: WrittenAction): Iterable<Finding>;
  /** From the parsed values of its keys to what it runs on. */
  build(route: Readonly<Record<string, unknown>>, place: BuildPlace): ActionConfig;
}

/** The action of a parsed route. It has passed the checks: there is one. */
export function actionOf(
  actions: readonly ActionModule[],
  route: Readonly<Record<string, unknown>>,
): ActionModule {
  const action = actions.find(({ key }) => route[key] !== undefined);
  if (action === undefined) throw new TypeError('a route without an action');
  return action;
}
