/**
 * What a schema can not see: names that refer to nothing, parameters nobody defines, routes that
 * take each other's requests.
 *
 * Runs over the tree as it was written, so that it finds its faults even where the schema found
 * some; whatever has the wrong shape is the schema's to report and is passed over here.
 */
import { METHODS } from 'node:http';
import { checkAggregate } from './check-aggregate.ts';
import { checkTemplate } from './check-template.ts';
import type { Finding, Path } from './fault.ts';
import { type BffModule, isMap, type Modules } from './modules.ts';
import { parsePathPattern, type PathPattern } from './path-pattern.ts';
import { checkRegex } from './regex.ts';
import { ACTIONS } from './schema-route.ts';
import type { Tree } from './source.ts';
import { hint } from './suggest.ts';

/** Every finding of the second pass. */
export function checkTree(tree: Tree, modules: Modules): Finding[] {
  const routes = isMap(tree['routes']) ? tree['routes'] : {};
  return [
    ...checkUpstreams(tree),
    ...Object.entries(routes).flatMap(([name, route]) =>
      isMap(route) ? [...checkRoute(tree, modules, name, route)] : [],
    ),
    ...checkPluginOptions(tree, modules),
  ];
}

function* checkUpstreams(tree: Tree): Generator<Finding> {
  if (!isMap(tree['upstreams'])) return;
  for (const [name, upstream] of Object.entries(tree['upstreams'])) {
    if (!isMap(upstream)) continue;
    const { connections, bulkhead } = upstream;
    const concurrency = isMap(bulkhead) ? (bulkhead['concurrency'] ?? 128) : 128;
    if (typeof connections !== 'number' || typeof concurrency !== 'number') continue;
    if (connections >= concurrency) continue;
    yield {
      path: ['upstreams', name, 'connections'],
      message: `must not be below the bulkhead's concurrency (${concurrency}): calls would wait unseen`,
    };
  }
}

function* checkRoute(tree: Tree, modules: Modules, name: string, route: Tree): Generator<Finding> {
  const path: Path = ['routes', name];
  const patterns: PathPattern[] = [];
  const matches = Array.isArray(route['match']) ? route['match'] : [route['match']];
  for (const [i, match] of matches.entries()) {
    const at = Array.isArray(route['match']) ? [...path, 'match', i] : [...path, 'match'];
    if (isMap(match)) yield* checkMatch(match, at, patterns);
  }
  yield* checkAction(route, path);
  if (typeof route['upstream'] === 'string') {
    yield* checkUpstreamName(tree, route['upstream'], [...path, 'upstream']);
  }
  const parameters = new Set(patterns.flatMap((pattern) => pattern.parameters));
  if (typeof route['rewrite'] === 'string') {
    yield* checkRewrite(route['rewrite'], [...path, 'rewrite'], patterns, parameters);
  }
  const { redirect } = route;
  if (isMap(redirect) && typeof redirect['to'] === 'string') {
    yield* checkTemplate(redirect['to'], [...path, 'redirect', 'to'], parameters);
  }
  if (isMap(route['aggregate'])) {
    yield* checkAggregate(route['aggregate'], [...path, 'aggregate'], parameters, (upstream, at) =>
      checkUpstreamName(tree, upstream, at),
    );
  }
  const bff = modules.bffs.get(name);
  if (bff !== undefined) yield* checkBff(tree, bff, path, patterns);
}

function* checkMatch(match: Tree, path: Path, patterns: PathPattern[]): Generator<Finding> {
  if (typeof match['path'] === 'string' && match['path'].startsWith('/')) {
    try {
      patterns.push(parsePathPattern(match['path']));
    } catch (error) {
      yield { path: [...path, 'path'], message: (error as Error).message };
    }
  }
  if (match['path'] !== undefined && match['pathRegex'] !== undefined) {
    yield {
      path: [...path, 'pathRegex'],
      at: 'key',
      message: 'stands beside path: use one of them',
    };
  }
  yield* checkRegex(match['pathRegex'], [...path, 'pathRegex']);
  for (const key of ['headers', 'query', 'cookies']) {
    const values = match[key];
    if (!isMap(values)) continue;
    for (const [name, value] of Object.entries(values)) {
      if (isMap(value)) yield* checkRegex(value['regex'], [...path, key, name, 'regex']);
    }
  }
  yield* checkMethods(match['methods'], [...path, 'methods']);
}

/** Refused by the gateway on every route (design: 501). */
const NEVER_SERVED = new Set(['TRACE', 'CONNECT']);

function* checkMethods(methods: unknown, path: Path): Generator<Finding> {
  if (!Array.isArray(methods)) return;
  const known = METHODS.filter((method) => !NEVER_SERVED.has(method));
  for (const [i, method] of methods.entries()) {
    if (typeof method !== 'string' || !/^[A-Z]/.test(method) || known.includes(method)) continue;
    const never = NEVER_SERVED.has(method) ? 'is never served' : 'is not a method';
    const near = hint(method, known);
    yield {
      path: [...path, i],
      message: `"${method}" ${never}${near.startsWith(';') ? near : ''}`,
    };
  }
}

function* checkAction(route: Tree, path: Path): Generator<Finding> {
  const actions = ACTIONS.filter((action) => route[action] !== undefined);
  if (actions.length === 0) {
    const message = `has no action: give it one of ${ACTIONS.join(', ')}`;
    yield { path, at: 'key', message };
  }
  for (const action of actions.slice(1)) {
    const message = `a route has one action, and this one has "${actions[0]}" already`;
    yield { path: [...path, action], at: 'key', message };
  }
  const belongs: readonly (readonly [string, string])[] = [
    ['rewrite', 'upstream'],
    ['aggregation', 'aggregate'],
  ];
  for (const [key, action] of belongs) {
    if (route[key] === undefined || actions.includes(action as never)) continue;
    yield { path: [...path, key], at: 'key', message: `only goes with the action "${action}"` };
  }
}

function* checkUpstreamName(tree: Tree, name: string, path: Path): Generator<Finding> {
  const known = isMap(tree['upstreams']) ? Object.keys(tree['upstreams']) : [];
  if (known.includes(name)) return;
  yield { path, message: `no upstream "${name}"${hint(name, known)}` };
}

function* checkRewrite(
  rewrite: string,
  path: Path,
  patterns: readonly PathPattern[],
  parameters: ReadonlySet<string>,
): Generator<Finding> {
  yield* checkTemplate(rewrite, path, parameters);
  const isPrefix = patterns.length > 0 && patterns.every(({ kind }) => kind === 'prefix');
  if (rewrite.slice(0, -1).includes('*') || (rewrite.endsWith('*') && !rewrite.endsWith('/*'))) {
    yield { path, message: '* may only be the last segment' };
  } else if (rewrite.endsWith('/*') && !isPrefix) {
    yield { path, message: 'ends in * though the match is no prefix: there is nothing to keep' };
  }
}

function* checkBff(
  tree: Tree,
  bff: BffModule,
  path: Path,
  patterns: readonly PathPattern[],
): Generator<Finding> {
  if (patterns.some(({ kind, parameters }) => kind !== 'prefix' || parameters.length > 0)) {
    yield { path: [...path, 'match'], message: 'a bff needs a plain prefix, such as /mobile/*' };
  } else if (patterns.length !== 1) {
    yield { path: [...path, 'match'], message: 'a bff needs exactly one path' };
  }
  const known = isMap(tree['upstreams']) ? Object.keys(tree['upstreams']) : [];
  for (const name of bff.upstreams) {
    if (known.includes(name)) continue;
    const message = `the module calls the upstream "${name}", which is not defined${hint(name, known)}`;
    yield { path: [...path, 'bff'], message };
  }
}

/** Lets each plugin look at what routes say to it, where that fits its schema. */
function* checkPluginOptions(tree: Tree, modules: Modules): Generator<Finding> {
  const settingsTree = isMap(tree['plugins']) ? tree['plugins'] : {};
  for (const [name, plugin] of modules.plugins) {
    if (plugin.check === undefined) continue;
    const settings = plugin.settings.safeParse(settingsTree[name] ?? {});
    if (!settings.success) continue;
    for (const [path, written] of writtenOptions(tree, name)) {
      const options = plugin.options.safeParse(written);
      if (!options.success) continue;
      for (const finding of plugin.check(options.data, settings.data, pluginsOn(tree, path))) {
        yield { ...finding, path: [...path, ...finding.path] };
      }
    }
  }
}

/** Which plugins are on where options stand: at a route, or as the default of all. */
function pluginsOn(tree: Tree, [section, name]: Path): ReadonlySet<string> {
  const { defaults, routes } = tree;
  const common = isMap(defaults) && isMap(defaults['routes']) ? defaults['routes'] : {};
  const route = section === 'routes' && isMap(routes) ? routes[String(name)] : {};
  const all = { ...common, ...(isMap(route) ? route : {}) };
  return new Set(Object.keys(all).filter((key) => all[key] !== false));
}

function* writtenOptions(tree: Tree, name: string): Generator<readonly [Path, unknown]> {
  const { defaults, routes } = tree;
  if (isMap(defaults) && isMap(defaults['routes'])) {
    const written = defaults['routes'][name];
    if (written !== undefined && written !== false) {
      yield [['defaults', 'routes', name], written];
    }
  }
  if (!isMap(routes)) return;
  for (const [route, options] of Object.entries(routes)) {
    if (!isMap(options) || options[name] === undefined || options[name] === false) continue;
    yield [['routes', route, name], options[name]];
  }
}
