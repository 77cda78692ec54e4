/**
 * What a schema can not see: names that refer to nothing, parameters nobody defines, routes that
 * take each other's requests.
 *
 * Runs over the tree as it was written, so that it finds its faults even where the schema found
 * some; whatever has the wrong shape is the schema's to report and is passed over here.
 */
import { checkAggregate } from './check-aggregate.ts';
import { checkClientAddress } from './check-client-address.ts';
import { type Matches, readMatches } from './check-match.ts';
import { checkHashes, checkPluginOptions } from './check-plugins.ts';
import { checkPorts } from './check-ports.ts';
import { checkRouteTable } from './check-routes.ts';
import { checkServerTls } from './check-server-tls.ts';
import { checkOwnPath, checkSentPath, checkTarget } from './check-template.ts';
import { checkTimeouts } from './check-timeouts.ts';
import { checkUpstreamTls } from './check-tls.ts';
import { checkUpstreams, hasMisspelt } from './check-upstreams.ts';
import type { Finding, Path } from './fault.ts';
import { type BffModule, knownNames, type Modules } from './modules.ts';
import type { NamedFiles } from './named-files.ts';
import { ACTIONS, RouteBase } from './schema-route.ts';
import { hint } from './suggest.ts';
import { isMap, type Tree } from './tree.ts';

/** Every finding of the second pass. */
export function checkTree(tree: Tree, modules: Modules, files: NamedFiles): Finding[] {
  const routes = isMap(tree['routes']) ? tree['routes'] : {};
  return [
    ...checkUpstreams(tree),
    ...checkPorts(tree),
    ...checkClientAddress(tree),
    ...checkServerTls(tree, files),
    ...checkUpstreamTls(tree, files),
    ...checkTimeouts(tree),
    ...Object.entries(routes).flatMap(([name, route]) =>
      isMap(route) ? checkRoute(tree, modules, name, route) : [],
    ),
    ...checkRouteTable(routes),
    ...checkPluginOptions(tree, modules),
    ...checkHashes(tree, modules),
  ];
}

function checkRoute(tree: Tree, modules: Modules, name: string, route: Tree): Finding[] {
  const path: Path = ['routes', name];
  const findings: Finding[] = [];
  const matches = readMatches(route, path, (finding) => findings.push(finding));
  findings.push(...checkAction(route, path, modules));
  const { upstream, rewrite, fallback, redirect, aggregate } = route;
  if (typeof upstream === 'string') {
    findings.push(...checkUpstreamName(tree, upstream, [...path, 'upstream']));
  }
  if (typeof rewrite === 'string') {
    const at = [...path, 'rewrite'];
    findings.push(...checkTarget(rewrite, at, matches), ...checkSentPath(rewrite, at));
  }
  if (isMap(fallback) && typeof fallback['upstream'] === 'string') {
    const at = [...path, 'fallback', 'upstream'];
    findings.push(...checkUpstreamName(tree, fallback['upstream'], at));
    if (fallback['upstream'] === upstream) {
      findings.push({ path: at, message: 'is the upstream that it stands in for' });
    }
  }
  if (isMap(redirect) && typeof redirect['to'] === 'string') {
    const at = [...path, 'redirect', 'to'];
    findings.push(...checkTarget(redirect['to'], at, matches), ...checkOwnPath(redirect['to'], at));
  }
  if (isMap(aggregate)) {
    const checkName = (other: string, at: Path): Iterable<Finding> =>
      checkUpstreamName(tree, other, at);
    const at = [...path, 'aggregate'];
    const { identifying, identifyingOn } = knownNames(modules, []);
    const isIdentified = identifyingOn(keysOf(tree, route)).length > 0;
    findings.push(
      ...checkAggregate(aggregate, at, matches, checkName, isIdentified ? [] : identifying),
    );
  }
  if (route['bff'] !== undefined) findings.push(...checkMount(matches));
  const bff = modules.bffs.get(name);
  if (bff !== undefined) findings.push(...checkBff(tree, bff, path));
  return findings;
}

/** What `route` says, and what it has by default, but for what it takes away. */
function keysOf({ defaults }: Tree, route: Tree): ReadonlyMap<string, unknown> {
  const common = isMap(defaults) && isMap(defaults['routes']) ? defaults['routes'] : {};
  return new Map(Object.entries({ ...common, ...route }).filter(([, own]) => own !== false));
}

function* checkAction(route: Tree, path: Path, { plugins }: Modules): Generator<Finding> {
  const actions = ACTIONS.filter((action) => route[action] !== undefined);
  if (actions.length === 0 && !hasMisspeltAction(route, plugins.keys())) {
    const message = `has no action: give it one of ${ACTIONS.join(', ')}`;
    yield { path, at: 'key', message };
  }
  for (const action of actions.slice(1)) {
    const message = `a route has one action, and this one has "${actions[0]}" already`;
    yield { path: [...path, action], at: 'key', message };
  }
  const belongs: readonly (readonly [string, string])[] = [
    ['rewrite', 'upstream'],
    ['fallback', 'upstream'],
    ['aggregation', 'aggregate'],
  ];
  for (const [key, action] of belongs) {
    if (route[key] === undefined || actions.includes(action as never)) continue;
    yield { path: [...path, key], at: 'key', message: `only goes with the action "${action}"` };
  }
}

function hasMisspeltAction(route: Tree, plugins: Iterable<string>): boolean {
  return hasMisspelt(ACTIONS, route, [...Object.keys(RouteBase.shape), ...plugins]);
}

function* checkUpstreamName(tree: Tree, name: string, path: Path): Generator<Finding> {
  const known = isMap(tree['upstreams']) ? Object.keys(tree['upstreams']) : [];
  if (known.includes(name)) return;
  yield { path, message: `no upstream "${name}"${hint(name, known)}` };
}

/** A BFF is mounted once: at one prefix, which several matches may share. */
function* checkMount({ alternatives }: Matches): Generator<Finding> {
  const isPlain = ({ pattern }: Matches['alternatives'][number]): boolean =>
    pattern?.kind === 'prefix' && pattern.parameters.length === 0;
  for (const alternative of alternatives) {
    if (isPlain(alternative)) continue;
    const at = alternative.pattern === undefined ? [] : ['path'];
    const message = 'a bff is mounted at a plain prefix, such as /mobile/*';
    yield { path: [...alternative.at, ...at], message };
  }
  const [first, ...others] = alternatives.filter(isPlain);
  for (const { at, pattern } of others) {
    if (pattern?.text === first?.pattern?.text) continue;
    const message = `a bff is mounted once, and this one is at "${first?.pattern?.text}" already`;
    yield { path: [...at, 'path'], message };
  }
}

function* checkBff(tree: Tree, bff: BffModule, path: Path): Generator<Finding> {
  const known = isMap(tree['upstreams']) ? Object.keys(tree['upstreams']) : [];
  for (const name of bff.upstreams) {
    if (known.includes(name)) continue;
    const message = `the module calls the upstream "${name}", which is not defined${hint(name, known)}`;
    yield { path: [...path, 'bff'], message };
  }
}
