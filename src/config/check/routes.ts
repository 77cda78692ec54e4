/**
 * Routes that take each other's requests: two with the same matchers are a fault, one that can never
 * win is a warning, as is one that cannot for some of its methods.
 */
import { buildMatch } from '../build/build.ts';
import type { MatchConfig } from '../build/config.ts';
import type { Finding, Path } from '../fault.ts';
import { findHidden } from './hidden-routes.ts';
import { findOutranked } from './outranked-routes.ts';
import { fingerprint, type TableEntry } from './route-table.ts';
import { Match, RouteBase } from '../schema/route.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** Checks all routes against each other, as far as their matches can be read. */
export function checkRouteTable(routes: Tree): Finding[] {
  const table: TableEntry[] = [];
  const unread = new Set<string>();
  for (const [route, written] of Object.entries(routes)) {
    if (!isMap(written)) continue;
    const priority = RouteBase.shape.priority.safeParse(written['priority']);
    for (const [at, each] of matchesOf(route, written)) {
      const match = readMatch(each);
      if (match === undefined || !priority.success) unread.add(route);
      else {
        const position = table.length;
        table.push({
          route,
          priority: priority.data,
          at,
          position,
          match,
          print: fingerprint(match),
        });
      }
    }
  }
  return [...findEqual(table), ...findHidden(table, unread), ...findOutranked(table)];
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

function* findEqual(table: readonly TableEntry[]): Generator<Finding> {
  const seen = new Map<string, TableEntry>();
  for (const entry of table) {
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
