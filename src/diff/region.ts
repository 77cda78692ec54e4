/**
 * The requests that two matches have in common, as samples of each kind.
 *
 * A sample has whatever both matches ask for and nothing else, with names that no other match knows. So every match
 * that fits the sample fits all requests of its kind: what holds for the sample holds for them.
 */
import type { MatchConfig, ValueMatcher, ValueMatchers } from '../config/build/config.ts';
import { parseRegex } from '../config/schema/regex.ts';
import type { MatchRequest } from '../routes/conditions.ts';

/** What samples are made of: words that no match has, and what matches tell apart. */
export interface Vocabulary {
  /** No literal segment, host or value of any match. */
  readonly fresh: string;
  /** Every method that some match names, and one that none does. */
  readonly methods: readonly string[];
  /** Numbers of segments, ascending: that of every pattern, and one more. */
  readonly depths: readonly number[];
}

/** A sample of each kind of request that both match; none where no request can. */
export function* samples(
  a: MatchConfig,
  b: MatchConfig,
  vocabulary: Vocabulary,
): Generator<MatchRequest> {
  const shape = meetPaths(shapeOf(a), shapeOf(b));
  const values = meetAllValues(a, b, vocabulary.fresh);
  if (shape === undefined || values === undefined) return;
  const methods = vocabulary.methods.filter((method) => allows(a, method) && allows(b, method));
  const hosts = meetHosts(a.hosts, b.hosts, vocabulary.fresh);
  if (methods.length === 0 || hosts.length === 0) return;
  for (const path of pathsOf(shape, vocabulary)) {
    if (!isPossible(a, shape, path) || !isPossible(b, shape, path)) continue;
    for (const host of hosts) {
      for (const method of methods) yield requestOf(method, host, path, values);
    }
  }
}

const allows = ({ methods }: MatchConfig, method: string): boolean =>
  methods === undefined ||
  methods.includes(method) ||
  (method === 'HEAD' && methods.includes('GET'));

/** Paths as segments; `undefined` is any. */
interface Shape {
  readonly segments: readonly (string | undefined)[];
  /** More segments may follow. */
  readonly isOpen: boolean;
  readonly endsInSlash: boolean;
}

function shapeOf({ path, pathRegex }: MatchConfig): Shape {
  if (path !== undefined) {
    return {
      segments: path.segments.map((each) => (each.kind === 'literal' ? each.text : undefined)),
      isOpen: path.kind === 'prefix',
      endsInSlash: path.trailingSlash,
    };
  }
  return { segments: literalStart(pathRegex), isOpen: true, endsInSlash: false };
}

/** The segments that every path of a regex starts with, as far as they are plain. */
function literalStart(pathRegex = ''): readonly string[] {
  if (pathRegex.includes('|')) return [];
  const [plain = ''] = /^(?:\/[\w-]+)*(?=\/)/.exec(pathRegex) ?? [];
  return plain.split('/').slice(1);
}

function meetPaths(a: Shape, b: Shape): Shape | undefined {
  const [short, long] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
  if (!short.isOpen && short.segments.length < long.segments.length) return undefined;
  if (!a.isOpen && !b.isOpen && a.endsInSlash !== b.endsInSlash) return undefined;
  const segments: (string | undefined)[] = [];
  for (const [i, segment] of long.segments.entries()) {
    const other = short.segments[i];
    if (segment !== undefined && other !== undefined && segment !== other) return undefined;
    segments.push(segment ?? other);
  }
  const closed = [a, b].find(({ isOpen }) => !isOpen);
  return { segments, isOpen: closed === undefined, endsInSlash: closed?.endsInSlash === true };
}

/** Could a request have both paths? */
export const pathsMeet = (a: MatchConfig, b: MatchConfig): boolean =>
  meetPaths(shapeOf(a), shapeOf(b)) !== undefined;

function* pathsOf(
  { segments, isOpen, endsInSlash }: Shape,
  { fresh, depths }: Vocabulary,
): Generator<string> {
  const known = segments.map((segment) => `/${segment ?? fresh}`).join('');
  if (!isOpen) {
    yield known === '' ? '/' : known + (endsInSlash ? '/' : '');
    return;
  }
  const more = depths.map((depth) => depth - segments.length).filter((each) => each > 1);
  for (const count of [1, 0, ...more]) {
    const path = known + `/${fresh}`.repeat(count);
    if (path !== '') yield path;
    yield `${path}/`;
  }
}

/** A regex is asked where the path has no free part; elsewhere it may fit. */
function isPossible(
  { pathRegex }: MatchConfig,
  { segments, isOpen }: Shape,
  path: string,
): boolean {
  if (pathRegex === undefined || isOpen || segments.includes(undefined)) return true;
  return parseRegex(pathRegex).groups(path) !== undefined;
}

/** Does a sample fit the regex of `match`, if it has one? */
export const fitsRegex = ({ pathRegex }: MatchConfig, { path }: MatchRequest): boolean =>
  pathRegex === undefined || parseRegex(pathRegex).groups(path) !== undefined;

type Hosts = readonly string[] | undefined;

/** `undefined`: any host. */
function meetHosts(a: Hosts, b: Hosts, fresh: string): readonly (string | undefined)[] {
  if (a === undefined && b === undefined) return [undefined];
  const all = (a ?? ['*']).flatMap((one) => (b ?? ['*']).flatMap((other) => meetHost(one, other)));
  return [...new Set(all)].map((host) => host.replace('*', fresh));
}

function meetHost(a: string, b: string): readonly string[] {
  const [wide, narrow] = isWider(a, b) ? [a, b] : [b, a];
  return isWider(wide, narrow) ? [narrow] : [];
}

const isWider = (wide: string, narrow: string): boolean =>
  wide === narrow || wide === '*' || (wide.startsWith('*.') && narrow.endsWith(wide.slice(1)));

interface Values {
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: ReadonlyMap<string, string>;
  readonly query: ReadonlyMap<string, string>;
}

function meetAllValues(a: MatchConfig, b: MatchConfig, fresh: string): Values | undefined {
  const headers = meetValues([...a.headers, ...b.headers], fresh);
  const cookies = meetValues([...a.cookies, ...b.cookies], fresh);
  const query = meetValues([...a.query, ...b.query], fresh);
  return headers && cookies && query && { headers, cookies, query };
}

/** A value for each name; `undefined` where none can do. */
function meetValues(asked: ValueMatchers, fresh: string): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const [name, matchers] of Map.groupBy(asked, ([each]) => each)) {
    const exact = matchers.find(([, matcher]) => matcher.kind === 'equals')?.[1];
    const value = exact?.kind === 'equals' ? exact.value : undefined;
    if (value !== undefined && !matchers.every(([, matcher]) => fits(value, matcher))) {
      return undefined;
    }
    // Whether two patterns have a value in common is not known, so it is taken for granted.
    values.set(name, value ?? fresh);
  }
  return values;
}

function fits(value: string, matcher: ValueMatcher): boolean {
  switch (matcher.kind) {
    case 'equals':
      return matcher.value === value;
    case 'regex':
      return parseRegex(matcher.pattern).test(value);
    case 'present':
      return true;
  }
}

const ANY_HOST = 'host.invalid';

function requestOf(
  method: string,
  named: string | undefined,
  path: string,
  { headers, cookies, query }: Values,
): MatchRequest {
  const host = headers.get('host') ?? named ?? ANY_HOST;
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const all = { ...Object.fromEntries(headers), host, ...(cookie !== '' && { cookie }) };
  return {
    method,
    path,
    query: query.size === 0 ? '' : `?${new URLSearchParams([...query]).toString()}`,
    host,
    headers: all,
    rawHeaders: Object.entries(all).flat(),
  };
}

/** `POST shop.test/api/orders/x [header x-version]`: names only, because values may be secrets. */
export function sampleText({ method, host, path, query, headers }: MatchRequest): string {
  const { host: _host, cookie, ...others } = headers;
  const asks = [
    ...Object.keys(others).map((name) => `header ${name}`),
    ...(cookie === undefined ? [] : ['cookies']),
    ...new Set([...new URLSearchParams(query).keys()].map((name) => `query ${name}`)),
  ];
  const where = host === ANY_HOST ? '' : host;
  return `${method} ${where}${path}${asks.length === 0 ? '' : ` [${asks.join(', ')}]`}`;
}
