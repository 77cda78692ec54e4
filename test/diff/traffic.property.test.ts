/** Every request that goes to another route than before is among the moves: the matcher that serves says where it goes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildMatch, PathPatterns } from '../../src/config/build/match.ts';
import type { RouteConfig } from '../../src/config/build/config.ts';
import { Match } from '../../src/config/schema/route.ts';
import { movesBetween } from '../../src/diff/traffic.ts';
import type { MatchRequest } from '../../src/routes/conditions.ts';
import { Matcher } from '../../src/routes/matcher.ts';

const some = <T>(...of: readonly T[]) => fc.constantFrom(...of);

const PATHS = [
  '/',
  '/*',
  '/a',
  '/a/',
  '/a/*',
  '/{x}',
  '/{x}/*',
  '/a/b',
  '/a/{y}/*',
  '/{x}/b',
  '/a/b/c',
];
/** One in five has it. */
const seldom = <T>(...of: readonly T[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...of) },
  );

const match = fc
  .record({
    path: fc.constantFrom(...PATHS),
    pathRegex: seldom('/a/[a-z]+', '/[ab]/.*', '/r/.*', '/[x-z].*'),
    hosts: seldom(['a.test'], ['b.test', 'a.test'], ['*.test'], ['*.a.test']),
    methods: seldom(['GET'], ['POST'], ['GET', 'PUT']),
    headers: seldom<object>({ x: '1' }, { x: { present: true } }, { x: { regex: '[12]' } }),
    cookies: seldom<object>({ c: '1' }, { c: { present: true } }),
    query: seldom<object>({ q: '1' }, { q: '2' }, { p: { present: true } }),
  })
  .map(({ path, ...rest }) => {
    const given = Object.entries(rest).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(given), ...(rest.pathRegex === undefined && { path }) };
  });

interface Drawn {
  readonly priority: number;
  readonly matches: readonly object[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  priority: some(0, 0, 0, 1),
  matches: fc.array(match, { minLength: 1, maxLength: 2 }),
});

const routesOf = (all: readonly (readonly [name: string, Drawn])[]): readonly RouteConfig[] =>
  all.map(([name, { priority, matches }]) => ({
    name,
    priority,
    matches: matches.map((each) => buildMatch(Match.parse(each), new PathPatterns())),
    action: { kind: 'respond' },
    plugins: {},
    overrides: {},
    bodyLimitBytes: 1,
  }));

/** Some routes stay, some change, some go, some come, and they may stand in another order. */
const tables = fc
  .record({
    before: fc.array(drawn, { minLength: 1, maxLength: 6 }),
    after: fc.array(fc.option(drawn, { nil: undefined, freq: 2 }), { maxLength: 6 }),
    gone: fc.array(fc.nat({ max: 5 }), { maxLength: 1 }),
    swap: fc.boolean(),
  })
  .map(({ before, after, gone, swap }) => {
    const old = before.map((each, i) => [`r${i}`, each] as const);
    const names = Math.max(before.length, after.length);
    const now = Array.from(
      { length: names },
      (_each, i) => [`r${i}`, after[i] ?? before[i]] as const,
    )
      .flatMap(([name, each]) => (each === undefined ? [] : [[name, each] as const]))
      .filter((_each, i) => !gone.includes(i));
    return { before: routesOf(old), after: routesOf(swap ? now.toReversed() : now) };
  });

const request: fc.Arbitrary<MatchRequest> = fc
  .record({
    method: some('GET', 'POST', 'PUT', 'HEAD', 'DELETE'),
    path: some(
      '/',
      '/a',
      '/a/',
      '/a/b',
      '/a/b/',
      '/a/b/c',
      '/b',
      '/b/b',
      '/a/z/q/w',
      '/r/x',
      '/a/7',
    ),
    query: some('', '', '?q=1', '?q=2', '?p=', '?q=1&p=3'),
    host: some('a.test', 'b.test', 'x.a.test', 'c.example'),
    x: some(undefined, undefined, '1', '2', 'z'),
    cookie: some(undefined, undefined, 'c=1', 'c=2'),
  })
  .map(({ x, cookie, ...rest }) => {
    const headers = { host: rest.host, ...(x && { x }), ...(cookie && { cookie }) };
    return { ...rest, headers, rawHeaders: Object.entries(headers).flat() };
  });

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1_000);

test('every request that another route gets is of a move', () => {
  let moved = 0;
  fc.assert(
    fc.property(tables, fc.array(request, { minLength: 60, maxLength: 60 }), (all, requests) => {
      const moves = [...movesBetween(all.before, all.after)].flatMap((move) =>
        move === undefined ? [] : [`${move.from.name} → ${move.to.name}`],
      );
      const [old, now] = [new Matcher(all.before), new Matcher(all.after)];
      for (const each of requests) {
        const [was, is] = [old.find(each), now.find(each)];
        if (was.kind !== 'match' || is.kind !== 'match') continue;
        const [from, to] = [was.match.route.name, is.match.route.name];
        if (from === to) continue;
        moved += 1;
        expect(moves).toContain(`${from} → ${to}`);
      }
    }),
    { numRuns: RUNS, seed: 7 },
  );
  expect(moved).toBeGreaterThan(RUNS / 2);
});

test('no request of plain matches is told that does not move', () => {
  fc.assert(
    fc.property(tables, ({ before, after }) => {
      const plain = (routes: readonly RouteConfig[]): readonly RouteConfig[] =>
        routes.map((route) => ({
          ...route,
          matches: route.matches.filter(
            ({ pathRegex, headers, cookies, query }) =>
              pathRegex === undefined && headers.length + cookies.length + query.length === 0,
          ),
        }));
      for (const move of movesBetween(plain(before), plain(after))) {
        if (move === undefined) continue;
        expect(move.sample).toBeDefined();
        expect(winners(move.sample!, plain(before), plain(after))).toEqual([
          move.from.name,
          move.to.name,
        ]);
      }
    }),
    { numRuns: RUNS, seed: 8 },
  );
});

/** Who gets the request that a text such as `GET a.test/a` stands for. */
function winners(
  text: string,
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
): readonly (string | undefined)[] {
  const [, method = '', host = '', path = ''] = /^(\S+) ([^/\s]*)(\/\S*)$/.exec(text) ?? [];
  const headers = { host: host || 'host.invalid' };
  const asked = { method, path, query: '', host: headers.host, headers, rawHeaders: [] };
  return [before, after].map((routes) => {
    const found = new Matcher(routes).find(asked);
    return found.kind === 'match' ? found.match.route.name : undefined;
  });
}
