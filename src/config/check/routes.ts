/**
 * Finds routes that take each other's requests. Two with the same match are a fault; one that never
 * matches is a warning, as is one that never matches for some of its methods.
 */
import type { MatchConfig } from '../build/config.ts';
import { buildMatch, type PathPatterns } from '../build/match.ts';
import type { Path } from '../fault.ts';
import { findHidden } from './hidden-routes.ts';
import { findOutranked } from './outranked-routes.ts';
import { fingerprint, type TableEntry } from './route-table.ts';
import { Match, type ParsedMatch, RouteBase } from '../schema/route.ts';
import { PAUSE, type Step, type TypedRoutes } from './step.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** Checks all routes against each other, as far as their matches can be read. */
export function* checkRouteTable(routes: Tree, typed: TypedRoutes): Generator<Step> {
  const table: TableEntry[] = [];
  const unread = new Set<string>();
  for (const [route, written] of Object.entries(routes)) {
    if (!isMap(written)) continue;
    const known = typed.routes.get(route);
    const priority = known?.priority ?? readPriority(written);
    for (const [at, each] of matchesOf(route, known ?? written)) {
      const match = readMatch(each, known !== undefined, typed.patterns);
      if (match === undefined || priority === undefined) unread.add(route);
      else {
        const position = table.length;
        table.push({ route, priority, at, position, match, print: fingerprint(match) });
      }
    }
    yield PAUSE;
  }
  yield* findEqual(table);
  yield* findHidden(table, unread);
  yield* findOutranked(table);
}

const readPriority = ({ priority }: Tree): number | undefined =>
  RouteBase.shape.priority.safeParse(priority).data;

function matchesOf(
  route: string,
  { match }: { readonly match?: unknown },
): (readonly [Path, unknown])[] {
  const path = ['routes', route, 'match'];
  return Array.isArray(match) ? match.map((each, i) => [[...path, i], each]) : [[path, match]];
}

/** `undefined` for one that is reported elsewhere. */
function readMatch(
  match: unknown,
  isParsed: boolean,
  patterns: PathPatterns,
): MatchConfig | undefined {
  const parsed = isParsed ? (match as ParsedMatch) : Match.safeParse(match).data;
  if (parsed === undefined) return undefined;
  try {
    return buildMatch(parsed, patterns);
  } catch {
    return undefined;
  }
}

function* findEqual(table: readonly TableEntry[]): Generator<Step> {
  const seen = new Map<string, TableEntry>();
  for (const entry of table) {
    yield PAUSE;
    const { rest, methods } = entry.print;
    const key = `${entry.priority} ${rest} ${methods}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, entry);
    else if (first.route !== entry.route) {
      const message = `matches the same requests as routes.${first.route}`;
      yield { path: entry.at, message };
    }
  }
}
