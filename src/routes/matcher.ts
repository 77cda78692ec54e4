/**
 * Finds the route of a request.
 *
 * Paths are looked up in a tree of segments. Of the routes whose path fits, the best-ranked one whose
 * other conditions hold wins: a request that fails a specific route's header condition goes on to the
 * next in order.
 */
import type { MatchConfig, RouteConfig } from '../config/build/config.ts';
import { parseRegex } from '../config/schema/regex.ts';
import { hasParameters, otherReadings } from '../core/path-parameters.ts';
import { compileConditions, type MatchRequest, severalValues } from './conditions.ts';
import { type Candidate, ListedSearch, Search } from './search.ts';
import { inOrder } from './precedence.ts';

export interface Match {
  readonly route: RouteConfig;
  /** Decoded values of the path's parameters, or of the regex's named groups. */
  readonly params: Readonly<Record<string, string>>;
  /** The path after the prefix: `` or `/…`; empty for an exact match. */
  readonly rest: string;
}

export type MatchResult =
  | { readonly kind: 'match'; readonly match: Match }
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' }
  /** Upstreams could read the request in two ways, which lead to different routes. */
  | { readonly kind: 'ambiguous'; readonly detail: string };

/** What a look-up saw in one reading of the path. */
export interface Reading {
  readonly request: MatchRequest;
  /** The candidates whose path fits, best first. */
  readonly met: readonly Candidate[];
  /** The one that won. */
  readonly best: Candidate | undefined;
  readonly result: MatchResult;
}

/** Is told each reading; serving has none. */
export type ReadingListener = (reading: Reading) => void;

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly exact: Candidate[];
  readonly exactSlash: Candidate[];
  readonly prefix: Candidate[];
}

const newNode = (): Node => ({
  literals: new Map(),
  parameter: undefined,
  exact: [],
  exactSlash: [],
  prefix: [],
});

export class Matcher {
  readonly #root = newNode();
  /** Matches without a path pattern: regexes, and those that accept any path. */
  readonly #anywhere: Candidate[] = [];
  /** How many matches all routes have together. */
  readonly size: number;

  constructor(routes: readonly RouteConfig[]) {
    const candidates = rank(routes);
    this.size = candidates.length;
    for (const candidate of candidates) this.#place(candidate);
  }

  /** The route for `request`, or why there is none. All readings of its path must agree. */
  find(request: MatchRequest, listener?: ReadingListener): MatchResult {
    const found = this.#findAsItCame(request, listener);
    if (!hasParameters(request.path) || found.kind === 'ambiguous') return found;
    for (const path of otherReadings(request.path)) {
      const other = this.#findAsItCame({ ...request, path }, listener);
      if (other.kind === 'ambiguous') return other;
      if (routeOf(other) !== routeOf(found)) return PARAMETERS_DECIDE;
    }
    return found;
  }

  #findAsItCame(request: MatchRequest, listener: ReadingListener | undefined): MatchResult {
    if (listener === undefined) return this.#run(new Search(request), request);
    const search = new ListedSearch(request);
    const result = this.#run(search, request);
    const met = search.met.toSorted((a, b) => a.rank - b.rank);
    // In doubt none wins, although one of them is the best of those that certainly fit.
    const best = result.kind === 'match' ? search.best : undefined;
    listener({ request, met, best, result });
    return result;
  }

  #run(search: Search, request: MatchRequest): MatchResult {
    this.#visit(search);
    const { best, passed, doubt } = search;
    if (doubt !== undefined) return { kind: 'ambiguous', detail: severalValues(doubt, 'routes') };
    if (best !== undefined) return { kind: 'match', match: describe(best, request.path) };
    const allow = allowed(passed, request);
    return allow.length > 0 ? { kind: 'method', allow } : { kind: 'none' };
  }

  #visit(search: Search): void {
    const { path } = search;
    // `/` itself has no other spelling.
    if (path === '/') {
      search.tryAll(this.#root.prefix);
      search.tryAll(this.#root.exact);
    } else visit(this.#root, search, 0);
    for (const candidate of this.#anywhere) {
      if (candidate.groups === undefined || candidate.groups(path) !== undefined) {
        search.try(candidate);
      }
    }
  }

  #place(candidate: Candidate): void {
    const { path } = candidate.match;
    if (path === undefined) {
      this.#anywhere.push(candidate);
      return;
    }
    let node = this.#root;
    for (const segment of path.segments) {
      node =
        segment.kind === 'parameter' ? (node.parameter ??= newNode()) : child(node, segment.text);
    }
    if (path.kind === 'prefix') node.prefix.push(candidate);
    else if (path.trailingSlash) node.exactSlash.push(candidate);
    else node.exact.push(candidate);
  }
}

const PARAMETERS_DECIDE: MatchResult = {
  kind: 'ambiguous',
  detail: 'with and without its parameters (;) the path leads to different routes',
};

const routeOf = (result: MatchResult): RouteConfig | undefined =>
  result.kind === 'match' ? result.match.route : undefined;

function child(node: Node, text: string): Node {
  const known = node.literals.get(text);
  if (known !== undefined) return known;
  const created = newNode();
  node.literals.set(text, created);
  return created;
}

const rank = (routes: readonly RouteConfig[]): Candidate[] =>
  inOrder(routes).map(({ route, match }, position) => compile(route, match, position));

function compile(route: RouteConfig, match: MatchConfig, position: number): Candidate {
  const { methods, pathRegex } = match;
  return {
    route,
    match,
    rank: position,
    methods: methods && new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods),
    condition: compileConditions(match),
    hostCondition: compileConditions({ ...match, headers: [], cookies: [], query: [] }),
    groups: pathRegex === undefined ? undefined : groupsOf(pathRegex),
  };
}

/** Reads the named groups of a path, if the regex matches all of it. */
function groupsOf(pathRegex: string): NonNullable<Candidate['groups']> {
  const regex = parseRegex(pathRegex);
  return (path) => {
    const groups = regex.groups(path);
    return groups && mapValues(groups, decodeSegment);
  };
}

/** Tries every candidate whose path fits, from the root down; `at` is the index of the next `/`. */
function visit(node: Node, search: Search, at: number): void {
  search.tryAll(node.prefix);
  const { path } = search;
  if (at === path.length) {
    search.tryAll(node.exact);
    return;
  }
  if (at === path.length - 1) {
    search.tryAll(node.exactSlash);
    return;
  }
  const next = path.indexOf('/', at + 1);
  const end = next < 0 ? path.length : next;
  const literal = node.literals.get(path.slice(at + 1, end));
  if (literal !== undefined) visit(literal, search, end);
  if (node.parameter !== undefined) visit(node.parameter, search, end);
}

/** The methods that would have been served on this path and host (RFC 9110 §15.5.6). */
function allowed(candidates: readonly Candidate[], request: MatchRequest): string[] {
  const methods = new Set<string>();
  for (const candidate of candidates) {
    if (candidate.methods === undefined || candidate.methods.has(request.method)) continue;
    if (candidate.hostCondition?.(request) === 'no') continue;
    for (const method of candidate.methods) methods.add(method);
  }
  return [...methods].toSorted();
}

const NOTHING: Readonly<Record<string, string>> = Object.freeze({});

function describe({ route, match, groups }: Candidate, path: string): Match {
  const pattern = match.path;
  if (pattern === undefined) return { route, params: groups?.(path) ?? NOTHING, rest: path };
  if (pattern.kind === 'exact' && pattern.parameters.length === 0) {
    return { route, params: NOTHING, rest: '' };
  }
  let params: Record<string, string> | undefined;
  let at = 0;
  for (const segment of pattern.segments) {
    const start = at + 1;
    const end = path.indexOf('/', start);
    at = end < 0 ? path.length : end;
    if (segment.kind === 'parameter') {
      params ??= {};
      params[segment.name] = decodeSegment(path.slice(start, at));
    }
  }
  return {
    route,
    params: params ?? NOTHING,
    rest: pattern.kind === 'prefix' ? path.slice(at) : '',
  };
}

function mapValues(
  values: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

/** The escapes of a canonical path are valid, but may not be UTF-8. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
