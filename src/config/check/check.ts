/**
 * Finds what a schema cannot see: names that refer to nothing, undefined parameters, routes that
 * take each other's requests.
 *
 * Runs over the tree as it was written, so that it finds its faults even if the schema found
 * some; values of the wrong shape are reported by the schema and skipped here.
 */
import type { ActionModule, WrittenAction } from '../actions.ts';
import { checkClientAddress } from './client-address.ts';
import { readMatches } from './match.ts';
import { checkHashes, checkPluginOptions } from './plugins.ts';
import { checkPorts } from './ports.ts';
import { checkRouteTable } from './routes.ts';
import { checkDocuments } from './documents.ts';
import { checkSagas } from './sagas.ts';
import { checkListeners } from './listeners.ts';
import { collected, PAUSE, type Step, type TypedRoutes } from './step.ts';
import { checkTimeouts } from './timeouts.ts';
import { checkUpstreamTls } from './tls.ts';
import { checkUpstreams, hasMisspelt } from './upstreams.ts';
import type { Finding, Path } from '../fault.ts';
import { type KnownNames, knownNames, type Modules } from '../modules.ts';
import type { PathPatterns } from '../build/match.ts';
import type { NamedFiles } from '../build/named-files.ts';
import { RouteBase } from '../schema/route.ts';
import { hint } from './suggest.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** Every finding of the second pass; `typed` is what the schema has made of the tree's routes. */
export function checkTree(
  tree: Tree,
  modules: Modules,
  files: NamedFiles,
  typed: TypedRoutes,
): Promise<Finding[]> {
  return collected(checks(tree, modules, files, typed));
}

function* checks(
  tree: Tree,
  modules: Modules,
  files: NamedFiles,
  typed: TypedRoutes,
): Generator<Step> {
  const routes = isMap(tree['routes']) ? tree['routes'] : {};
  yield* checkUpstreams(tree);
  yield* checkPorts(tree);
  yield* checkClientAddress(tree);
  yield* checkListeners(tree, files);
  yield* checkUpstreamTls(tree, files);
  yield* checkDocuments(tree, files);
  yield* checkTimeouts(tree);
  const upstreams = isMap(tree['upstreams']) ? Object.keys(tree['upstreams']) : [];
  const known: Known = {
    routes,
    upstreams,
    upstreamNames: new Set(upstreams),
    plugins: knownNames(modules, []),
    patterns: typed.patterns,
    files,
  };
  yield* checkSagas(tree, (upstream, at) => checkUpstreamName(known.upstreamNames, upstream, at));
  for (const [name, route] of Object.entries(routes)) {
    if (isMap(route)) yield* checkRoute(tree, modules, known, name, route);
    yield PAUSE;
  }
  yield* checkRouteTable(routes, typed);
  yield* checkPluginOptions(tree, modules, typed);
  yield* checkHashes(tree, modules);
}

/** What routes refer to, gathered once for all of them. */
interface Known {
  readonly routes: Tree;
  readonly upstreams: readonly string[];
  readonly upstreamNames: ReadonlySet<string>;
  readonly plugins: KnownNames;
  readonly patterns: PathPatterns;
  readonly files: NamedFiles;
}

function checkRoute(
  tree: Tree,
  modules: Modules,
  known: Known,
  name: string,
  route: Tree,
): Finding[] {
  const path: Path = ['routes', name];
  const findings: Finding[] = [];
  const { upstreams, upstreamNames, plugins, patterns, files } = known;
  const matches = readMatches(route, path, patterns, (finding) => findings.push(finding));
  findings.push(...checkAction(route, path, modules));
  const isIdentified = plugins.identifyingOn(keysOf(tree, route)).length > 0;
  const written: WrittenAction = {
    at: path,
    files,
    config: tree,
    route,
    routes: known.routes,
    matches,
    upstreams,
    checkUpstream: (upstream, at) => checkUpstreamName(upstreamNames, upstream, at),
    unidentifying: isIdentified ? [] : plugins.identifying,
    keyed: plugins.keyed,
    bff: modules.bffs.get(name),
  };
  for (const action of modules.actions) {
    if (route[action.key] === undefined && !hasBeside(route, action)) continue;
    findings.push(...(action.check?.(written) ?? []));
  }
  return findings;
}

const hasBeside = (route: Tree, { beside }: ActionModule): boolean =>
  Object.keys(beside).some((key) => route[key] !== undefined);

/** The keys of `route` and its defaults, without those that it removes. */
function keysOf({ defaults }: Tree, route: Tree): ReadonlyMap<string, unknown> {
  const common = isMap(defaults) && isMap(defaults['routes']) ? defaults['routes'] : {};
  return new Map(Object.entries({ ...common, ...route }).filter(([, own]) => own !== false));
}

function* checkAction(route: Tree, path: Path, modules: Modules): Generator<Finding> {
  const written = modules.actions.filter(({ key }) => route[key] !== undefined);
  const [first, ...others] = written;
  if (first === undefined && !hasMisspeltAction(route, path, modules)) {
    const message = `has no action: give it one of ${keysOfActions(modules).join(', ')}`;
    yield { path, at: 'key', message };
  }
  for (const { key } of others) {
    const message = `a route has exactly one action, and this one already has "${first?.key}"`;
    yield { path: [...path, key], at: 'key', message };
  }
  for (const [key, actions] of actionsByKey(modules)) {
    if (route[key] === undefined || actions.some((action) => route[action] !== undefined)) continue;
    const named = actions.map((action) => `"${action}"`).join(' or ');
    yield { path: [...path, key], at: 'key', message: `needs the action ${named}` };
  }
}

/** The actions that each key may stand beside. */
function actionsByKey({ actions }: Modules): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { key: action, beside } of actions) {
    for (const key of Object.keys(beside)) found.set(key, [...(found.get(key) ?? []), action]);
  }
  return found;
}

const keysOfActions = ({ actions }: Modules): string[] => actions.map(({ key }) => key);

function hasMisspeltAction(route: Tree, path: Path, modules: Modules): boolean {
  const beside = modules.actions.flatMap((action) => Object.keys(action.beside));
  const actions = keysOfActions(modules);
  const others = [...Object.keys(RouteBase.shape), ...beside, ...modules.plugins.keys()];
  return hasMisspelt(actions, route, path, [...actions, ...others]);
}

function* checkUpstreamName(
  known: ReadonlySet<string>,
  name: string,
  path: Path,
): Generator<Finding> {
  if (known.has(name)) return;
  yield { path, message: `no upstream "${name}"${hint(name, [...known])}` };
}
