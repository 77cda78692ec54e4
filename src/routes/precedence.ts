/**
 * Which of several matches wins: the order of HTTPRoute in the Kubernetes Gateway API, as one sort.
 *
 * priority · exact host, longer wildcard, none · exact path, fewer parameters, longer prefix, regex ·
 * method given · more headers and cookies · more query parameters · earlier in the file
 */
import type { MatchConfig, RouteConfig } from '../config/build/config.ts';

/** One match of a route. */
export interface RankedMatch {
  readonly route: RouteConfig;
  readonly match: MatchConfig;
}

/** Every match of `routes`: of two that fit a request, the one that stands first wins. */
export function inOrder(routes: readonly RouteConfig[]): readonly RankedMatch[] {
  return routes
    .flatMap((route, i) =>
      route.matches.map((match) => ({ route, match, rank: rankOf(route, match, i) })),
    )
    .toSorted((a, b) => compareRanks(a.rank, b.rank))
    .map(({ route, match }) => ({ route, match }));
}

/** Numbers to compare in turn; the smaller wins. */
export function rankOf(route: RouteConfig, match: MatchConfig, position: number): number[] {
  return [
    -route.priority,
    -hostRank(match.hosts),
    ...pathRank(match),
    match.methods === undefined ? 1 : 0,
    -(match.headers.length + match.cookies.length),
    -match.query.length,
    position,
  ];
}

export function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * An exact host beats every wildcard, and a longer wildcard a shorter one. Of several hosts the weakest
 * counts.
 */
function hostRank(hosts: readonly string[] | undefined): number {
  if (hosts === undefined) return 0;
  return Math.min(...hosts.map((host) => (host.startsWith('*.') ? host.length : 1_000)));
}

function pathRank({ path, pathRegex }: MatchConfig): readonly number[] {
  if (pathRegex !== undefined) return [3, 0, 0];
  if (path === undefined) return [2, 0, 0];
  const { parameters, segments } = path;
  // Of prefixes with equally many segments, the one with fewer parameters wins.
  if (path.kind === 'prefix') return [2, -segments.length, parameters.length];
  return parameters.length === 0 ? [0, 0, 0] : [1, parameters.length, -segments.length];
}
