/** Checks the plugin options of routes, and finds unknown plugins. */
import { toError } from '../../core/errors.ts';
import type { Finding, Path } from '../fault.ts';
import { type KnownNames, knownNames, type Modules, type PluginModule } from '../modules.ts';
import { PERMISSIONS } from '../schema/permissions.ts';
import { PAUSE, type Step, type TypedRoutes } from './step.ts';
import { hint } from './suggest.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** Lets each plugin look at what routes say to it, where that fits its schema. */
export function* checkPluginOptions(
  tree: Tree,
  modules: Modules,
  typed: TypedRoutes,
): Generator<Step> {
  const written = section(tree, 'plugins');
  const known = knownNames(modules, upstreamsOf(tree), tree['store']);
  const routes = Object.entries(section(tree, 'routes')).filter(isRoute);
  for (const [name, plugin] of modules.plugins) {
    yield* checkPermission(tree, name, plugin);
    const path = ['plugins', name];
    yield* orFault(path, 'settings', function* settingsAndOptions() {
      const settings = plugin.settings.safeParse(written[name] ?? {});
      if (settings.success)
        yield* checkOptions(tree, routes, { name, plugin, settings: settings.data, known, typed });
    });
  }
}

/** The upstreams as they are written, with what all of them have. */
const upstreamsOf = (tree: Tree): (readonly [string, Tree])[] =>
  Object.entries(section(tree, 'upstreams')).map(([name, own]) => [
    name,
    { ...section(section(tree, 'defaults'), 'upstreams'), ...(isMap(own) ? own : {}) },
  ]);

/** A schema or check of a plugin may throw: that is a fault of what it was given. */
function* orFault<S extends Step>(
  path: Path,
  what: string,
  check: () => Iterable<S>,
): Generator<S | Finding> {
  try {
    yield* check();
  } catch (error) {
    yield { path, message: `the plugin could not check its ${what}: ${toError(error).message}` };
  }
}

/** A plugin that the server must allow but does not is a fault at each of its keys. */
function* checkPermission(
  tree: Tree,
  name: string,
  { requires }: PluginModule,
): Generator<Finding> {
  if (requires === undefined) return;
  const permission = PERMISSIONS[requires];
  if (permission.isWritten(section(tree, 'server'))) return;
  const message = `is refused unless the server allows it: ${permission.hint}`;
  const places: readonly (readonly [path: Path, keys: unknown])[] = [
    [['defaults', 'routes'], section(tree, 'defaults')['routes']],
    ...Object.entries(section(tree, 'routes')).map(
      ([route, keys]) => [['routes', route], keys] as const,
    ),
  ];
  for (const [path, keys] of places) {
    if (!isMap(keys) || keys[name] === undefined || keys[name] === false) continue;
    yield { path: [...path, name], at: 'key', message };
  }
}

/** Balancing by the key of a plugin that is not there, or has none. */
export function* checkHashes(tree: Tree, modules: Modules): Generator<Finding> {
  const { keyed } = knownNames(modules, []);
  const places: readonly (readonly [path: Path, keys: unknown])[] = [
    [['defaults', 'upstreams'], section(tree, 'defaults')['upstreams']],
    ...Object.entries(section(tree, 'upstreams')).map(
      ([name, keys]) => [['upstreams', name], keys] as const,
    ),
  ];
  for (const [path, keys] of places) {
    const { hash } = section(isMap(keys) ? keys : {}, 'balance');
    yield* checkKeyedSource(hash, keyed, [...path, 'balance', 'hash']);
  }
}

/** A source that reads the key of a plugin which has none, or is not there. */
export function* checkKeyedSource(
  source: unknown,
  keyed: ReadonlySet<string>,
  path: Path,
): Generator<Finding> {
  if (typeof source !== 'string' || !source.startsWith('plugin:')) return;
  const name = source.slice('plugin:'.length);
  if (keyed.has(name)) return;
  yield { path, message: `no plugin with a key is named "${name}"${hint(name, [...keyed])}` };
}

/** A plugin, and what its `check` gets besides a route's options. */
interface Checked {
  readonly name: string;
  readonly plugin: PluginModule;
  readonly settings: unknown;
  readonly known: KnownNames;
  readonly typed: TypedRoutes;
}

type NamedTree = readonly [name: string, route: Tree];

const isRoute = (route: readonly [string, unknown]): route is [string, Tree] => isMap(route[1]);

function* checkOptions(
  tree: Tree,
  routes: readonly NamedTree[],
  checked: Checked,
): Generator<Step> {
  const { name, typed } = checked;
  const common = section(section(tree, 'defaults'), 'routes');
  const inheriting: NamedTree[] = [];
  for (const [route, own] of routes) {
    if (own[name] === undefined) inheriting.push([route, own]);
    else {
      const options = { written: own[name], parsed: typed.routes.get(route)?.[name as never] };
      yield* findingsAt(checked, ['routes', route, name], options, { ...common, ...own });
      yield PAUSE;
    }
  }
  if (common[name] === undefined) return;
  const path = ['defaults', 'routes', name];
  const options = { written: common[name], parsed: parsedOnce(checked, common[name]) };
  if (inheriting.length === 0) {
    yield* findingsAt(checked, path, options, common);
    return;
  }
  const byRoute: (readonly [string, readonly Finding[]])[] = [];
  for (const [route, own] of inheriting) {
    byRoute.push([route, [...findingsAt(checked, path, options, { ...common, ...own })]]);
    yield PAUSE;
  }
  yield* shared(byRoute);
}

/** What throws is told where it is checked. */
function parsedOnce({ plugin }: Checked, written: unknown): unknown {
  try {
    return plugin.options.safeParse(written).data;
  } catch {
    return undefined;
  }
}

/** A plugin's options at one place. */
interface Options {
  readonly written: unknown;
  /** Absent where they have not been parsed, or do not fit. */
  readonly parsed?: unknown;
}

function* findingsAt(
  { plugin, settings, known }: Checked,
  path: Path,
  { written, parsed }: Options,
  beside: Tree,
): Generator<Finding> {
  if (written === false) return;
  yield* orFault(path, 'options', function* findings() {
    const options = parsed ?? plugin.options.safeParse(written).data;
    if (options === undefined || plugin.check === undefined) return;
    const others = new Map(Object.entries(beside).filter(([, own]) => own !== false));
    for (const finding of plugin.check(options, settings, others, known)) {
      yield { ...finding, path: [...path, ...finding.path] };
    }
  });
}

/** The findings of a default, once each; one that not all routes share names those that do. */
function* shared(byRoute: readonly (readonly [string, readonly Finding[]])[]): Generator<Finding> {
  const groups = Map.groupBy(
    byRoute.flatMap(([route, findings]) => findings.map((finding) => ({ route, finding }))),
    ({ finding }) => `${finding.path.join('.')} ${finding.message}`,
  );
  for (const group of groups.values()) {
    const { finding } = group[0]!;
    const routes = group.map(({ route }) => `routes.${route}`).join(', ');
    const where = group.length === byRoute.length ? '' : ` (${routes})`;
    yield { ...finding, message: `${finding.message}${where}` };
  }
}

/**
 * `findings` with what is said of plugins that are not there put in their place: one fault says that
 * a plugin is unknown, and nothing else is said of it.
 */
export function aboutPlugins(
  findings: readonly Finding[],
  tree: Tree,
  modules: Modules,
): readonly Finding[] {
  const known = [...modules.plugins.keys()];
  const absent = Object.entries(section(tree, 'plugins')).filter(([name]) => !known.includes(name));
  const unknown = absent
    .filter(([, settings]) => !(isMap(settings) && 'module' in settings))
    .map(([name]) => name);
  // A module that could not be loaded is a fault at its own line: its key on routes is unknown.
  const unloaded = new Set(
    modules.findings.filter(({ path }) => path[0] === 'plugins').map(({ path }) => path[1]),
  );
  const isNoise = ({ path, at }: Finding): boolean => {
    if (path[0] === 'plugins') return unknown.includes(String(path[1]));
    const isRouteKey =
      path.length === 3 &&
      (path[0] === 'routes' || (path[0] === 'defaults' && path[1] === 'routes'));
    return isRouteKey && at === 'key' && unloaded.has(path[2]);
  };
  return [
    ...findings.filter((finding) => !isNoise(finding)),
    ...unknown.map((name) => ({
      path: ['plugins', name],
      at: 'key' as const,
      message: `unknown plugin${hint(name, known)}; your own plugins need a "module"`,
    })),
  ];
}

const section = (tree: Tree, name: string): Tree => (isMap(tree[name]) ? tree[name] : {});
