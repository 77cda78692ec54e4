/**
 * Routes that take each other's requests: two with the same matchers are a fault, one that can never
 * win is a warning.
 */
import { buildMatch } from './build.ts';
import type { MatchConfig } from './config.ts';
import type { Finding, Path } from './fault.ts';
import type { Segment } from './path-pattern.ts';
import { Match, RouteBase } from './schema-route.ts';
import { isMap, type Tree } from './tree.ts';

interface Entry {
  readonly route: string;
  readonly priority: number;
  /** Where it stands. */
  readonly at: Path;
  /** Among all matches of the file. */
  readonly position: number;
  readonly match: MatchConfig;
}

/** Checks all routes against each other, as far as their matches can be read. */
export function checkRouteTable(routes: Tree): Finding[] {
  const table: Entry[] = [];
  const unread = new Set<string>();
  for (const [route, written] of Object.entries(routes)) {
    if (!isMap(written)) continue;
    const priority = RouteBase.shape.priority.safeParse(written['priority']);
    for (const [at, each] of matchesOf(route, written)) {
      const match = readMatch(each);
      if (match === undefined || !priority.success) unread.add(route);
      else table.push({ route, priority: priority.data, at, position: table.length, match });
    }
  }
  return [...findEqual(table), ...findHidden(table, unread)];
}

function matchesOf(route: string, { match }: Tree): (readonly [Path, unknown])[] {
  const path = ['routes', route, 'match'];
  return Array.isArray(match) ? match.map((each, i) => [[...path, i], each]) : [[path, match]];
}

/** `undefined` for one that is reported elsewhere. */
function readMatch(written: unknown): MatchConfig | undefined {
  const parsed = Match.safeParse(written);
  if (!parsed.success) return undefined;
  try {
    return buildMatch(parsed.data);
  } catch {
    return undefined;
  }
}

function* findEqual(table: readonly Entry[]): Generator<Finding> {
  const seen = new Map<string, Entry>();
  for (const entry of table) {
    const key = `${entry.priority} ${fingerprint(entry.match)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, entry);
    else if (first.route !== entry.route) {
      const message = `matches the same requests as routes.${first.route}`;
      yield { path: entry.at, message };
    }
  }
}

/** Equal for matches that no request can tell apart. */
function fingerprint(match: MatchConfig): string {
  const path =
    match.path === undefined
      ? (match.pathRegex ?? '')
      : `${match.path.kind} ${match.path.segments.map(segmentText).join('/')} ${match.path.trailingSlash}`;
  const sorted = (values: readonly unknown[] | undefined): unknown =>
    values?.map((value) => JSON.stringify(value)).toSorted();
  const { methods, hosts, headers, cookies, query } = match;
  return JSON.stringify([path, ...[methods, hosts, headers, cookies, query].map(sorted)]);
}

const segmentText = (segment: Segment): string =>
  segment.kind === 'literal' ? segment.text : '{}';

/** A route is hidden when each of its matches is covered by one that always wins over it. */
function* findHidden(table: readonly Entry[], unread: ReadonlySet<string>): Generator<Finding> {
  for (const [route, entries] of Map.groupBy(table, (entry) => entry.route)) {
    if (unread.has(route)) continue;
    const hiders = entries.map((entry) =>
      table.find((other) => other.route !== route && hides(other, entry)),
    );
    if (hiders.some((hider) => hider === undefined)) continue;
    const names = [...new Set(hiders.map((hider) => `routes.${hider!.route}`))].join(', ');
    const message = `can never win: ${names} takes all its requests`;
    yield { path: ['routes', route], at: 'key', severity: 'warning', message };
  }
}

function hides(other: Entry, entry: Entry): boolean {
  if (other.priority !== entry.priority) {
    return other.priority > entry.priority && covers(other.match, entry.match);
  }
  // Of two that differ by their methods alone, the earlier one wins.
  const { methods, ...rest } = other.match;
  const own = entry.match.methods;
  if (methods === undefined || own === undefined || other.position > entry.position) return false;
  const isWider = own.every((method) => methods.includes(method)) && methods.length > own.length;
  return isWider && fingerprint({ ...rest, methods: own }) === fingerprint(entry.match);
}

/** Does `wide` match every request that `narrow` matches? Says no where it is not sure. */
export function covers(wide: MatchConfig, narrow: MatchConfig): boolean {
  if (wide.headers.length + wide.cookies.length + wide.query.length > 0) return false;
  const includes = (
    outer: readonly string[] | undefined,
    inner: readonly string[] | undefined,
  ): boolean => outer === undefined || (inner?.every((each) => outer.includes(each)) ?? false);
  return (
    includes(wide.methods, narrow.methods) &&
    includes(wide.hosts, narrow.hosts) &&
    coversPath(wide, narrow)
  );
}

function coversPath(wide: MatchConfig, narrow: MatchConfig): boolean {
  if (wide.pathRegex !== undefined) return wide.pathRegex === narrow.pathRegex;
  if (wide.path === undefined) return true;
  if (narrow.path === undefined)
    return wide.path.kind === 'prefix' && wide.path.segments.length === 0;
  const { kind, segments } = wide.path;
  const inner = narrow.path.segments;
  if (kind === 'exact') {
    const { trailingSlash } = wide.path;
    if (narrow.path.kind !== 'exact' || inner.length !== segments.length) return false;
    if (narrow.path.trailingSlash !== trailingSlash) return false;
  }
  return segments.every((segment, i) => {
    const other = inner[i];
    if (other === undefined) return false;
    return segment.kind === 'parameter' || segmentText(segment) === segmentText(other);
  });
}
