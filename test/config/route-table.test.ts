import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from './config-files.ts';

/** The faults of routes with these matches, in the order of `a`, `b`, `c`. */
async function faultsOfMatches(...routes: readonly string[]): Promise<string[]> {
  const lines = routes.map((keys, i) => `  ${'abc'[i]}: { respond: {}, ${keys} }`);
  const faults = await faultsOf(withOrders(`routes:\n${lines.join('\n')}`));
  return faults.map((fault) => fault.replace('c.yaml:', ''));
}

describe('two routes', () => {
  test.each([
    ['the same path', '{ path: /x }', '{ path: /x }'],
    ['parameters of other names', '{ path: "/x/{id}" }', '{ path: "/x/{other}" }'],
    [
      'methods in another order',
      '{ path: /x, methods: [GET, PUT] }',
      '{ path: /x, methods: [PUT, GET] }',
    ],
    ['hosts in another case', '{ hosts: [A.example] }', '{ hosts: [a.example] }'],
    ['headers in another case', '{ headers: { X-A: "1" } }', '{ headers: { x-a: "1" } }'],
    ['the same regex', '{ pathRegex: "/x.*" }', '{ pathRegex: "/x.*" }'],
    ['nothing to match', '{}', '{}'],
    [
      'the same conditions',
      '{ path: /x, query: { q: { regex: a } }, cookies: { c: { present: true } } }',
      '{ path: /x, query: { q: { regex: a } }, cookies: { c: { present: true } } }',
    ],
  ])('with %s are a fault at the later one', async (_what, first, second) => {
    expect(await faultsOfMatches(`match: ${first}`, `match: ${second}`)).toEqual([
      '5:28  routes.b.match: matches the same requests as routes.a',
    ]);
  });

  test.each([
    ['a trailing slash', '{ path: /x }', '{ path: /x/ }'],
    ['exact and prefix', '{ path: /x }', '{ path: /x/* }'],
    ['a parameter and a word', '{ path: "/{x}" }', '{ path: /x }'],
    ['methods and none', '{ path: /x, methods: [GET] }', '{ path: /x }'],
    ['one more method', '{ path: /x, methods: [GET] }', '{ path: /x, methods: [GET, PUT] }'],
    ['hosts', '{ hosts: [a.example] }', '{ hosts: [b.example] }'],
    ['values', '{ headers: { x: "1" } }', '{ headers: { x: "2" } }'],
    ['value and regex', '{ query: { x: "a" } }', '{ query: { x: { regex: a } } }'],
    ['header and cookie', '{ headers: { x: "1" } }', '{ cookies: { x: "1" } }'],
  ])('that differ by %s live side by side', async (_what, first, second) => {
    expect(await faultsOfMatches(`match: ${first}`, `match: ${second}`)).toEqual([]);
  });

  test('of other priority are no fault', async () => {
    const faults = await faultsOfMatches(
      'match: { path: /x }, priority: -1',
      'match: { path: /x }',
    );
    expect(faults).toEqual([expect.stringContaining('warning: routes.a: never matches')]);
  });

  test('that share one of several matches are a fault at that one', async () => {
    const faults = await faultsOfMatches(
      'match: [{ path: /x }, { path: /y }]',
      'match: [{ path: /z }, { path: "/y" }]',
    );
    expect(faults).toEqual(['5:43  routes.b.match[1]: matches the same requests as routes.a']);
    const alone = await faultsOfMatches('match: { path: /x }', 'match: [{ path: /x }]');
    expect(alone).toEqual(['5:29  routes.b.match[0]: matches the same requests as routes.a']);
  });

  test('are compared even where a third one is broken', async () => {
    const faults = await faultsOfMatches(
      'match: { path: /x }',
      'match: { path: x }',
      'match: { path: /x }',
    );
    expect(faults).toEqual([
      '5:36  routes.b.match.path: "x" must start with /',
      '6:28  routes.c.match: matches the same requests as routes.a',
    ]);
  });
});

describe('a route that never matches', () => {
  const hidden = async (wide: string, narrow: string): Promise<boolean> => {
    const faults = await faultsOfMatches(`priority: 1, match: ${wide}`, `match: ${narrow}`);
    if (faults.length === 0) return false;
    expect(faults).toEqual([
      '5:3  warning: routes.b: never matches: routes.a takes all its requests',
    ]);
    return true;
  };

  test.each([
    ['{ path: /* }', '{ path: /x }'],
    ['{ path: /* }', '{ pathRegex: "/x" }'],
    ['{}', '{ path: /x, hosts: [a.example] }'],
    ['{ path: /x/* }', '{ path: "/x/{id}" }'],
    ['{ path: /x/* }', '{ path: /x/ }'],
    ['{ path: "/{a}/y" }', '{ path: /x/y }'],
    ['{ path: /x, methods: [GET, PUT] }', '{ path: /x, methods: [PUT] }'],
    ['{ path: /x, hosts: [a.b, c.d] }', '{ path: /x, hosts: [c.d], headers: { x: "1" } }'],
    ['{ pathRegex: "/x.*" }', '{ pathRegex: "/x.*", methods: [GET] }'],
  ])('is a warning that names its hider: %s hides %s', async (wide, narrow) => {
    expect(await hidden(wide, narrow)).toBe(true);
  });

  test.each([
    ['{ path: /x/* }', '{ path: /xy }'],
    ['{ path: /x }', '{ path: /x/ }'],
    ['{ path: /x/ }', '{ path: /x }'],
    ['{ path: /x }', '{ path: /x/* }'],
    ['{ path: /x/y }', '{ path: "/x/{id}" }'],
    ['{ path: /x, methods: [GET] }', '{ path: /x }'],
    ['{ path: /x, hosts: [a.b] }', '{ path: /x }'],
    ['{ path: /x, headers: { x: "1" } }', '{ path: /x, headers: { x: "1" }, methods: [GET] }'],
    ['{ pathRegex: "/x" }', '{ path: /x }'],
  ])('is none where a request is left to it: %s leaves %s', async (wide, narrow) => {
    expect(await hidden(wide, narrow)).toBe(false);
  });

  test('is one whose every match is taken, by one or by several', async () => {
    const b = 'match: [{ path: /x }, { path: /y }]';
    const one = await faultsOfMatches('priority: 1, match: { path: /x }', b);
    expect(one).toEqual([]);
    const two = await faultsOfMatches(
      'priority: 1, match: { path: /x }',
      b,
      'priority: 2, match: { path: /y }',
    );
    expect(two).toEqual([
      '5:3  warning: routes.b: never matches: routes.a, routes.c takes all its requests',
    ]);
  });

  test('is a later one that an earlier one differs from by more methods alone', async () => {
    const get = 'match: { path: /x, methods: [GET] }';
    const more = 'match: { path: /x, methods: [PUT, GET] }';
    expect(await faultsOfMatches(more, get)).toEqual([
      '5:3  warning: routes.b: never matches: routes.a takes all its requests',
    ]);
    expect(await faultsOfMatches(get, more)).toEqual([]);
  });
});

describe('a route with conditions and no methods', () => {
  const GET = 'match: { path: /c/*, methods: [GET, PUT] }';
  const lost = (methods: string, takes: string): string =>
    `never matches for ${methods}: ${takes} these, because methods rank above headers, cookies and query; to change that, give it a higher "priority"`;

  test.each([
    'headers: { x-canary: "1" }',
    'cookies: { canary: "1" }',
    'query: { canary: { present: true } }',
  ])('{ path: /c/*, %s } that loses to one with methods is a warning', async (condition) => {
    const faults = await faultsOfMatches(GET, `match: { path: /c/*, ${condition} }`);
    expect(faults).toEqual([
      `5:28  warning: routes.b.match: ${lost('GET, PUT', 'routes.a takes')}`,
    ]);
  });

  test('is told all who take its requests, and for which methods', async () => {
    const faults = await faultsOfMatches(
      'match: [{ path: /x }, { path: /c/*, headers: { x: "1" } }]',
      GET,
      'match: { path: /c/*, methods: [POST] }',
    );
    expect(faults).toEqual([
      `4:43  warning: routes.a.match[1]: ${lost('GET, PUT, POST', 'routes.b, routes.c take')}`,
    ]);
  });

  test.each([
    ['with a higher priority', '{ path: /c/*, headers: { x: "1" } }, priority: 1', GET],
    ['with methods of its own', '{ path: /c/*, methods: [GET], headers: { x: "1" } }', GET],
    ['at a longer path', '{ path: /c/d/*, headers: { x: "1" } }', GET],
    ['for another host', '{ path: /c/*, hosts: [a.test], headers: { x: "1" } }', GET],
    [
      'beside other conditions',
      '{ path: /c/*, headers: { x: "1" } }',
      'match: { path: /c/*, methods: [GET], headers: { y: "1" } }',
    ],
    ['without conditions', '{ path: /c/* }', GET],
  ])('%s is no warning', async (_how, own, other) => {
    expect(await faultsOfMatches(`match: ${own}`, other)).toEqual([]);
  });

  test('loses to one that has some of its conditions', async () => {
    const faults = await faultsOfMatches(
      'match: { path: "/c/{id}", headers: { x: "1", y: "1" } }',
      'match: { path: "/c/{x}", methods: [GET], headers: { y: "1" } }',
    );
    expect(faults).toEqual([`4:28  warning: routes.a.match: ${lost('GET', 'routes.b takes')}`]);
  });
});
