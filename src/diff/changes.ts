/** What changes in the config of each route, upstream and section, in words. */
import { isDeepStrictEqual } from 'node:util';
import { type Change, compare } from '../config/changes/compare.ts';
import { isSecretPath, keyInWords } from '../config/changes/words.ts';
import type { Config, RouteConfig } from '../config/build/config.ts';
import type { Path } from '../config/fault.ts';
import { effectiveTree } from './effective.ts';
import type { Place, Side } from './side.ts';

/** One changed key, of one or several routes or upstreams. */
export interface KeyChange {
  readonly section: string;
  /** Of the routes or upstreams; empty for a section without names. */
  readonly names: readonly string[];
  /** `timeout 2s → 1s`; values that are secrets or come from outside are not shown. */
  readonly text: string;
  /** Absent: it was not there. */
  readonly before?: Place;
  /** Absent: it is gone. */
  readonly after?: Place;
}

/** Sections whose members have names. */
const NAMED: ReadonlySet<unknown> = new Set(['routes', 'upstreams']);

/** Keys that differ in meaning. Routes and upstreams that were added or removed are not among them. */
export function keyChanges(before: Side, after: Side): readonly KeyChange[] {
  const [old, now] = [effectiveTree(before), effectiveTree(after)];
  const changes = new Changes(before, after);
  const isClosed = (path: Path): boolean => isSecretPath(path, after.modules.plugins);
  for (const _pause of compare(old, now, { found: (change) => changes.add(change), isClosed }));
  changes.addUnwritten();
  return changes.grouped();
}

class Changes {
  readonly #before: Side;
  readonly #after: Side;
  readonly #all: KeyChange[] = [];
  /** Paths of routes and upstreams, and of their keys. */
  readonly #told = new Set<string>();

  constructor(before: Side, after: Side) {
    this.#before = before;
    this.#after = after;
  }

  add(change: Change): void {
    const [section, name, ...keys] = change.path;
    const isNamed = NAMED.has(section);
    if (isNamed && keys.length === 0) return;
    if (isNamed && this.#isSame(String(section), String(name), String(keys[0]))) return;
    const isSecret = isSecretPath(change.path, this.#after.modules.plugins);
    const text = keyInWords(change, isNamed ? keys : change.path, isSecret);
    for (const parts of [2, 3]) this.#told.add(JSON.stringify(change.path.slice(0, parts)));
    this.#all.push({
      section: String(section),
      names: isNamed ? [String(name)] : [],
      text,
      ...(change.before !== undefined && { before: this.#before.placeOf(change.path) }),
      ...(change.after !== undefined && { after: this.#after.placeOf(change.path) }),
    });
  }

  /** Another spelling of the same, such as 1000ms for 1s. */
  #isSame(section: string, name: string, key: string): boolean {
    const [old, now] = [this.#before, this.#after].map(({ config }) =>
      section === 'routes'
        ? partOf(routeOf(config, name), key)
        : { ...config.upstreams[name], files: undefined },
    );
    return isDeepStrictEqual(old, now);
  }

  /** What is written alike and is another all the same: a file that it names has changed. */
  addUnwritten(): void {
    const routes = new Map(this.#before.config.routes.map((route) => [route.name, route]));
    for (const route of this.#after.config.routes) {
      const old = routes.get(route.name);
      if (old === undefined) continue;
      for (const [plugin, options] of Object.entries(route.plugins)) {
        const path = ['routes', route.name, plugin];
        if (this.#told.has(JSON.stringify(path))) continue;
        if (old.plugins[plugin] === undefined) continue;
        if (isDeepStrictEqual(old.plugins[plugin], options)) continue;
        this.#changed(path, `${plugin} changed`);
      }
    }
    for (const [name, upstream] of Object.entries(this.#after.config.upstreams)) {
      const old = this.#before.config.upstreams[name];
      if (old === undefined || isDeepStrictEqual(old, upstream)) continue;
      if (this.#told.has(JSON.stringify(['upstreams', name]))) continue;
      this.#changed(['upstreams', name], 'changed in a file that it names');
    }
  }

  #changed(path: Path, text: string): void {
    this.#all.push({
      section: String(path[0]),
      names: [String(path[1])],
      text,
      before: this.#before.placeOf(path),
      after: this.#after.placeOf(path),
    });
  }

  /** A default that changes for ten thousand routes is one change. */
  grouped(): readonly KeyChange[] {
    const groups = Map.groupBy(this.#all, ({ section, text, before, after }) =>
      JSON.stringify([section, text, before, after]),
    );
    return [...groups.values()].map((group) => ({
      ...group[0]!,
      names: group.flatMap(({ names }) => names),
    }));
  }
}

const indexes = new WeakMap<Config, ReadonlyMap<string, RouteConfig>>();

function routeOf(config: Config, name: string): RouteConfig | undefined {
  let index = indexes.get(config);
  if (index === undefined) {
    index = new Map(config.routes.map((route) => [route.name, route]));
    indexes.set(config, index);
  }
  return index.get(name);
}

/** What a route runs on because of `key`. */
function partOf(route: RouteConfig | undefined, key: string): unknown {
  if (route === undefined) return undefined;
  const { matches, priority, action, plugins, overrides, bodyLimitBytes } = route;
  switch (key) {
    case 'match':
      return matches;
    case 'priority':
      return priority;
    case 'limits':
      return bodyLimitBytes;
    case 'deadline':
    case 'timeout':
    case 'idleTimeout':
    case 'retry':
    case 'bulkhead':
      return overrides;
    default:
      return key in plugins ? plugins[key] : action;
  }
}
