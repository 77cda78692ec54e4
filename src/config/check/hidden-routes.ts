/**
 * Finds routes that never match: each of their matches is covered by one that always comes first.
 *
 * A config may have ten thousand routes, so none is compared with all others: candidates are
 * in a tree of path segments, by host.
 */
import type { MatchConfig } from '../build/config.ts';
import { includesAll } from './covers.ts';
import type { PathPattern } from '../schema/path-pattern.ts';
import type { TableEntry } from './route-table.ts';
import { PAUSE, type Step } from './step.ts';

export function* findHidden(
  table: readonly TableEntry[],
  unread: ReadonlySet<string>,
): Generator<Step> {
  const cover = new Cover(table);
  for (const entry of table) {
    cover.add(entry);
    yield PAUSE;
  }
  for (const [route, entries] of Map.groupBy(table, (entry) => entry.route)) {
    yield PAUSE;
    if (unread.has(route)) continue;
    const hiders = entries.map((entry) => cover.firstOver(entry));
    if (hiders.some((hider) => hider === undefined)) continue;
    const names = [...new Set(hiders.map((hider) => `routes.${hider!.route}`))].join(', ');
    const message = `never matches: ${names} takes all its requests`;
    yield { path: ['routes', route], at: 'key', severity: 'warning', message };
  }
}

/** Entries by a host that they name; those that name none are under `undefined`. */
type ByHost = Map<string | undefined, TableEntry[]>;

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly prefix: ByHost;
  readonly exact: ByHost;
  readonly exactSlash: ByHost;
}

const newNode = (): Node => ({
  literals: new Map(),
  parameter: undefined,
  prefix: new Map(),
  exact: new Map(),
  exactSlash: new Map(),
});

class Cover {
  readonly #root = newNode();
  readonly #anyPath: ByHost = new Map();
  readonly #regexes = new Map<string, ByHost>();
  /** Those that only their methods tell apart. */
  readonly #alike = new Map<string, TableEntry[]>();
  readonly #lowest: number;

  constructor(table: readonly TableEntry[]) {
    this.#lowest = table.reduce((least, { priority }) => Math.min(least, priority), Infinity);
  }

  add(entry: TableEntry): void {
    const { headers, cookies, query, methods } = entry.match;
    const takesAll = headers.length + cookies.length + query.length === 0;
    // Only a higher priority covers what it does not equal.
    if (takesAll && entry.priority > this.#lowest) add(this.#placeOf(entry.match), entry);
    if (methods !== undefined) made(this.#alike, aliasOf(entry), () => []).push(entry);
  }

  /** The first of another route that wins whenever `entry` matches. */
  firstOver(entry: TableEntry): TableEntry | undefined {
    let first = this.#wider(entry);
    for (const lists of this.#over(entry.match)) {
      for (const host of new Set([undefined, entry.match.hosts?.[0]])) {
        for (const other of lists.get(host) ?? []) {
          if (first !== undefined && first.position <= other.position) break;
          if (other.route === entry.route || other.priority <= entry.priority) continue;
          if (includesAll(other.match, entry.match)) first = other;
        }
      }
    }
    return first;
  }

  /** Of two that differ by their methods alone, the earlier one wins. */
  #wider(entry: TableEntry): TableEntry | undefined {
    const own = entry.match.methods;
    if (own === undefined) return undefined;
    for (const other of this.#alike.get(aliasOf(entry)) ?? []) {
      if (other.position >= entry.position) return undefined;
      const { methods = [] } = other.match;
      if (other.route === entry.route || methods.length <= own.length) continue;
      if (own.every((method) => methods.includes(method))) return other;
    }
    return undefined;
  }

  #placeOf({ path, pathRegex }: MatchConfig): ByHost {
    if (pathRegex !== undefined) return made(this.#regexes, pathRegex, () => new Map());
    if (path === undefined) return this.#anyPath;
    let node = this.#root;
    for (const segment of path.segments) {
      node =
        segment.kind === 'parameter'
          ? (node.parameter ??= newNode())
          : made(node.literals, segment.text, newNode);
    }
    return path.kind === 'prefix' ? node.prefix : exactAt(node, path);
  }

  /** Where the matches are whose path covers that of `match`. */
  *#over({ path, pathRegex }: MatchConfig): Generator<ByHost> {
    yield this.#anyPath;
    if (pathRegex !== undefined) yield this.#regexes.get(pathRegex) ?? new Map();
    if (path === undefined) yield this.#root.prefix;
    else yield* along(this.#root, path, 0);
  }
}

/** From `node` down as far as `path` leads: what is a parameter to another may be a word to it. */
function* along(node: Node, path: PathPattern, depth: number): Generator<ByHost> {
  yield node.prefix;
  const segment = path.segments[depth];
  if (segment === undefined) {
    if (path.kind === 'exact') yield exactAt(node, path);
    return;
  }
  const literal = segment.kind === 'literal' ? node.literals.get(segment.text) : undefined;
  if (literal !== undefined) yield* along(literal, path, depth + 1);
  if (node.parameter !== undefined) yield* along(node.parameter, path, depth + 1);
}

const exactAt = (node: Node, { trailingSlash }: PathPattern): ByHost =>
  trailingSlash ? node.exactSlash : node.exact;

const aliasOf = ({ priority, print }: TableEntry): string => `${priority} ${print.rest}`;

function add(place: ByHost, entry: TableEntry): void {
  for (const host of new Set(entry.match.hosts ?? [undefined])) {
    made(place, host, () => [] as TableEntry[]).push(entry);
  }
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
