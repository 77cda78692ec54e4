/** The matches of a config in the order in which they win, and which of them gets a request. */
import { isDeepStrictEqual } from 'node:util';
import type { MatchConfig, RouteConfig } from '../config/build/config.ts';
import { SERVED_METHODS } from '../edge/methods.ts';
import type { MatchRequest } from '../routes/conditions.ts';
import { Matcher } from '../routes/matcher.ts';
import { inOrder, type RankedMatch } from '../routes/precedence.ts';
import type { Vocabulary } from './region.ts';

export interface Entry extends RankedMatch {
  /** Smaller ones win. */
  readonly position: number;
}

export class RouteTable {
  readonly entries: readonly Entry[];
  readonly byRoute: ReadonlyMap<string, readonly Entry[]>;
  /** Without patterns: whether a sample fits one of those, nobody knows. */
  readonly #plain: Matcher;
  readonly #positions: ReadonlyMap<RouteConfig, number>;
  /** By an exact host, or `ANYWHERE` for all others; then by the first segment. */
  readonly #index: ReadonlyMap<string, ReadonlyMap<string, readonly Entry[]>>;

  constructor(routes: readonly RouteConfig[]) {
    this.entries = inOrder(routes).map((each, position) => ({ ...each, position }));
    this.byRoute = Map.groupBy(this.entries, ({ route }) => route.name);
    this.#index = indexOf(this.entries);
    // One route for each match, so that it is known which one has won.
    const plain = this.entries
      .filter(({ match }) => !hasPattern(match))
      .map(({ route, match, position }) => ({ route: { ...route, matches: [match] }, position }));
    this.#positions = new Map(plain.map(({ route, position }) => [route, position]));
    this.#plain = new Matcher(plain.map(({ route }) => route));
  }

  /** May `entry`, which fits `sample`, get it? Says yes where it is not sure. */
  mayWin({ position }: Entry, sample: MatchRequest): boolean {
    const found = this.#plain.find(sample);
    return found.kind !== 'match' || position <= this.#positions.get(found.match.route)!;
  }

  /** Those that may have a request in common with `match`, as far as one host and the first segment tell. */
  near(match: MatchConfig): ReadonlySet<Entry> {
    const start = startOf(match);
    const hosts = exactHosts(match);
    const byStart = hosts.includes(ANYWHERE)
      ? [...this.#index.values()]
      : [...hosts, ANYWHERE].flatMap((host) => this.#index.get(host) ?? []);
    const lists = byStart.flatMap((all) =>
      start === ANYWHERE ? [...all.values()] : [all.get(start) ?? [], all.get(ANYWHERE) ?? []],
    );
    return new Set(lists.flat());
  }
}

const ANYWHERE = '';

function indexOf(entries: readonly Entry[]): Map<string, Map<string, Entry[]>> {
  const index = new Map<string, Map<string, Entry[]>>();
  for (const entry of entries) {
    const start = startOf(entry.match);
    for (const host of exactHosts(entry.match)) {
      const byStart = index.get(host) ?? new Map<string, Entry[]>();
      index.set(host, byStart);
      const list = byStart.get(start) ?? [];
      byStart.set(start, list);
      list.push(entry);
    }
  }
  return index;
}

/** `ANYWHERE` for any host, and for each that stands for several. */
const exactHosts = ({ hosts = [ANYWHERE] }: MatchConfig): readonly string[] => [
  ...new Set(hosts.map((host) => (host.startsWith('*.') ? ANYWHERE : host))),
];

/** The first segment, if it is a word. */
function startOf({ path }: MatchConfig): string {
  const first = path?.segments[0];
  return first?.kind === 'literal' ? first.text : ANYWHERE;
}

const hasPattern = ({ pathRegex, headers, cookies, query }: MatchConfig): boolean =>
  pathRegex !== undefined ||
  [...headers, ...cookies, ...query].some(([, { kind }]) => kind === 'regex');

/** What samples for these tables are made of. */
export function vocabularyOf(tables: readonly RouteTable[]): Vocabulary {
  const matches = tables.flatMap(({ entries }) => entries.map(({ match }) => match));
  const words = new Set(matches.flatMap(wordsOf));
  let fresh = 'x';
  for (let i = 1; words.has(fresh); i++) fresh = `x${i}`;
  const named = new Set(['GET', 'POST', ...matches.flatMap(({ methods }) => methods ?? [])]);
  const other = SERVED_METHODS.find((method) => !named.has(method) && method !== 'HEAD');
  const depths = new Set(matches.map(({ path }) => path?.segments.length ?? 0));
  return {
    fresh,
    methods: [...named, 'HEAD', ...(other === undefined ? [] : [other])],
    depths: [...new Set([...depths].flatMap((depth) => [depth, depth + 1]))].toSorted(
      (a, b) => a - b,
    ),
  };
}

function wordsOf({ path, hosts = [], headers, cookies, query }: MatchConfig): string[] {
  return [
    ...(path?.segments ?? []).flatMap((each) => (each.kind === 'literal' ? each.text : [])),
    ...hosts.flatMap((host) => host.split('.')),
    ...[...headers, ...cookies, ...query].flatMap(([, matcher]) =>
      matcher.kind === 'equals' ? matcher.value : [],
    ),
  ];
}

/** The entries of `table` that stand in `other` otherwise, or not at all. */
export function changedEntries(
  table: RouteTable,
  other: RouteTable,
  moved: ReadonlySet<string>,
): readonly Entry[] {
  return table.entries.filter(
    ({ route, match }) =>
      moved.has(route.name) ||
      !(other.byRoute.get(route.name) ?? []).some(
        (twin) => twin.route.priority === route.priority && isDeepStrictEqual(twin.match, match),
      ),
  );
}

/** The fewest routes that have to move to bring the common ones from the one order into the other. */
export function movedRoutes(
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
): ReadonlySet<string> {
  const places = new Map(after.map(({ name }, i) => [name, i]));
  const common = before.flatMap(({ name }) => {
    const place = places.get(name);
    return place === undefined ? [] : [{ name, place }];
  });
  const stay = longestAscending(common.map(({ place }) => place));
  return new Set(common.filter(({ place }) => !stay.has(place)).map(({ name }) => name));
}

/** A longest ascending subsequence of different numbers (patience sorting). */
function longestAscending(numbers: readonly number[]): ReadonlySet<number> {
  const tops: number[] = [];
  const below = new Map<number, number | undefined>();
  for (const number of numbers) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tops[middle]! < number) low = middle + 1;
      else high = middle;
    }
    below.set(number, tops[low - 1]);
    tops[low] = number;
  }
  const found = new Set<number>();
  for (let each = tops.at(-1); each !== undefined; each = below.get(each)) found.add(each);
  return found;
}
