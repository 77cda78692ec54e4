/**
 * Routes that take each other's requests: two with the same matchers are a fault, one that can never
 * win is a warning.
 */
import type { MatchConfig, RouteConfig } from './config.ts';
import type { Finding } from './fault.ts';
import type { Segment } from './path-pattern.ts';

interface Alternative {
  readonly route: RouteConfig;
  readonly match: MatchConfig;
  readonly index: number;
}

export function checkRouteTable(routes: readonly RouteConfig[]): Finding[] {
  const all = routes.flatMap((route) =>
    route.matches.map((match, index) => ({ route, match, index })),
  );
  return [...findEqual(all), ...findHidden(routes, all)];
}

function* findEqual(all: readonly Alternative[]): Generator<Finding> {
  const seen = new Map<string, Alternative>();
  for (const each of all) {
    const key = `${each.route.priority} ${fingerprint(each.match)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, each);
    else if (first.route !== each.route) {
      yield {
        path: [...pathOf(each)],
        message: `matches the same requests as routes.${first.route.name}`,
      };
    }
  }
}

function pathOf({ route, index }: Alternative): readonly (string | number)[] {
  const path = ['routes', route.name, 'match'];
  return route.matches.length > 1 ? [...path, index] : path;
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

/** A route is hidden when each of its alternatives is covered by a route of higher priority. */
function* findHidden(
  routes: readonly RouteConfig[],
  all: readonly Alternative[],
): Generator<Finding> {
  for (const route of routes) {
    const hiders = route.matches.map((match) =>
      all.find((other) => other.route.priority > route.priority && covers(other.match, match)),
    );
    if (hiders.length === 0 || hiders.some((hider) => hider === undefined)) continue;
    const names = [...new Set(hiders.map((hider) => `routes.${hider!.route.name}`))].join(', ');
    yield {
      path: ['routes', route.name],
      at: 'key',
      severity: 'warning',
      message: `can never win: ${names} matches all its requests with a higher priority`,
    };
  }
}

/** Does `wide` match every request that `narrow` matches? Says no where it is not sure. */
function covers(wide: MatchConfig, narrow: MatchConfig): boolean {
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
  if (kind === 'exact' && (narrow.path.kind !== 'exact' || inner.length !== segments.length)) {
    return false;
  }
  return segments.every((segment, i) => {
    const other = inner[i];
    if (other === undefined) return false;
    return segment.kind === 'parameter' || segmentText(segment) === segmentText(other);
  });
}
