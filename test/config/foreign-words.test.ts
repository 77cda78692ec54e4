import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ACTIONS } from '../../src/actions/index.ts';
import { FOREIGN } from '../../src/config/check/foreign-words.ts';
import { formatPath } from '../../src/config/fault.ts';
import { findingsOf } from '../../src/config/check/issues.ts';
import { keySetsAt } from '../../src/config/schema/keys.ts';
import { configSchema } from '../../src/config/schema/schema.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { faultsOf } from './config-files.ts';

const plugins = new Map(BUILT_IN.map((plugin) => [plugin.name, plugin]));
const schema = configSchema({ plugins, actions: ACTIONS });

const pathOf = (place: string): string[] =>
  place === '' ? [] : place.split('.').map((part) => (part === '*' ? 'x' : part));
const keysAt = (path: readonly string[]): string[] => keySetsAt(schema, path).flat();

const rows = Object.entries(FOREIGN).flatMap(([place, all]) =>
  all.map(([words, means, say]) => ({ place, words: words.split(' '), means, say })),
);

describe('a word of another gateway', () => {
  test.each(rows.filter(({ means }) => means !== undefined))(
    'at "$place" names a key that exists: $means',
    ({ place, means = '' }) => {
      const path = means.includes('.') ? pathOf(means) : [...pathOf(place), means];
      expect(keysAt(path.slice(0, -1))).toContain(path.at(-1));
    },
  );

  test.each(rows)('at "$place" is no key itself: $words', ({ place, words }) => {
    const known = keysAt(pathOf(place));
    expect(words.filter((word) => known.includes(word))).toEqual([]);
  });

  test.each(rows.filter(({ means }) => means !== undefined))(
    'at "$place" is told by an example that fits: $say',
    ({ place, means = '', say }) => {
      const below = means.includes('.') ? pathOf(means).slice(0, -1) : pathOf(place);
      const example = parse(`{ ${say} }`) as object;
      const tree = below.reduceRight<object>((value, key) => ({ [key]: value }), example);
      const parsed = schema.safeParse(tree);
      const ours = Object.keys(example).map((key) => formatPath([...below, key]));
      const faults = parsed.success
        ? []
        : findingsOf(schema, tree, parsed.error.issues).map(
            ({ path, message }) => `${formatPath(path)}: ${message}`,
          );
      // Files are read before the schema sees them.
      const own = faults.filter((fault) => ours.some((at) => fault.startsWith(at)));
      expect(own.filter((fault) => !fault.includes('is not a PEM'))).toEqual([]);
    },
  );

  test('stands once in its place', () => {
    for (const [place, all] of Object.entries(FOREIGN)) {
      const words = all.flatMap(([each]) => each.split(' '));
      expect([place, words.length]).toEqual([place, new Set(words).size]);
    }
  });
});

const config = (route: string, upstream = 'targets: ["http://a:1"]'): string =>
  `version: 1\nupstreams: { a: { ${upstream} } }\nroutes: { r: { match: { path: /* }, ${route} } }`;

/** Without their places. */
const told = async (text: string): Promise<string[]> =>
  (await faultsOf(text)).map((fault) => fault.replace(/^c\.yaml:\d+:\d+ {2}/, ''));

test.each([
  [
    config('upstream: a, strip_path: true'),
    'routes.r.strip_path: unknown key; did you mean "rewrite"? Write rewrite: /*',
  ],
  [
    config('proxy_pass: "http://a:1"'),
    'routes.r.proxy_pass: unknown key; did you mean "upstream"? Write upstream: orders',
  ],
  [
    config('upstream: a', 'url: "http://a:1"'),
    'upstreams.a.url: unknown key; did you mean "targets"? Write targets: ["http://orders:4001"]',
  ],
  [
    config('upstream: a, upgradeConfigs: []'),
    'routes.r.upgradeConfigs: unknown key; did you mean "websocket"? Write websocket: true',
  ],
  [
    config('upstream: a, rateLimit: [{ limit: 5, window: 1m }]'),
    'routes.r.rateLimit[0].limit: unknown key; did you mean "max"? Write max: 100',
  ],
  [
    config('upstream: a, rateLimit: { max: 5, window: 1m, by: ip }'),
    'routes.r.rateLimit.by: "ip" is not a source; did you mean "address"?',
  ],
  [
    config('upstream: a, rateLimit: { max: 5, window: 1m, by: $binary_remote_addr }'),
    'routes.r.rateLimit.by: "$binary_remote_addr" is not a source; did you mean "address"?',
  ],
  [
    `${config('upstream: a')}\ndefaults: { routes: { ipRestriction: {} } }`,
    'defaults.routes.ipRestriction: unknown key; did you mean "ip"? Write ip: { allow: [10.0.0.0/8] }',
  ],
  [
    `${config('upstream: a')}\nservices: {}`,
    'services: unknown key; did you mean "upstreams"? Write upstreams: { orders: { targets: ["http://orders:4001"] } }',
  ],
])('is one fault, with the right word: %s', async (text, fault) => {
  expect(await told(text)).toEqual([fault]);
});

/** Slips of people who write a config for the first time. */
const slips: readonly (readonly [written: string, fault: string])[] = [
  [
    'upstreams:\n  a:\n    targets:\n      -http://a:1',
    'upstreams.a.targets: expected a list, found "-http://a:1"; put a space after the - of an entry',
  ],
  [
    'upstreams:\n  a:\n    targets:[http://a:1]',
    'upstreams.a: expected a map, found "targets:[http://a:1]"; put a space after the colon of a key',
  ],
  [
    'upstreams: { a: { targets: "http://a:1" } }',
    'upstreams.a.targets: expected a list, found "http://a:1"; write targets: ["http://orders:4001"]',
  ],
  [
    'upstreams: { a: { targets: ["http://a:1"], health: /healthz } }',
    'upstreams.a.health: expected false or a map, found "/healthz"; write health: { path: /healthz }',
  ],
  [
    'upstreams: { a: { targets: ["http://a:1"], balance: least_conn } }',
    'upstreams.a.balance: expected "leastRequest", "roundRobin" or a map, found "least_conn"; did you mean leastRequest?',
  ],
  [
    'upstreams: { a: { targets: ["http://a:1"], balance: ip_hash } }',
    'upstreams.a.balance: expected "leastRequest", "roundRobin" or a map, found "ip_hash"; did you mean { hash: address }?',
  ],
  [
    'routes: { r: { match: { path: /x/** }, respond: {} } }',
    'routes.r.match.path: "/x/**": to match everything below, write /x/*',
  ],
  [
    'routes: { r: { match: { path: "^/x/.*$" }, respond: {} } }',
    'routes.r.match.path: "^/x/.*$" must start with /; a regex is "pathRegex"',
  ],
  [
    'routes: { r: { match: { path: /x, methods: GET }, respond: {} } }',
    'routes.r.match.methods: expected a list, found "GET"; write methods: [GET]',
  ],
  [
    'routes: { r: { match: { path: /x, methods: [ANY] }, respond: {} } }',
    'routes.r.match.methods[0]: "ANY" is not a method: leave "methods" out for all of them',
  ],
  [
    'routes: { r: { match: { path: /x, methods: ["*"] }, respond: {} } }',
    'routes.r.match.methods[0]: "*" is not a method: leave "methods" out for all of them',
  ],
  [
    'routes: { r: { match: { path: /x, hosts: ["*"] }, respond: {} } }',
    'routes.r.match.hosts[0]: "*" is not a host: leave "hosts" out for any',
  ],
  [
    'routes: { r: { match: /x/*, respond: {} } }',
    'routes.r.match: expected a map or a list, found "/x/*"; write match: { path: /orders/* }',
  ],
  [
    'routes: { r: { match: { path: /x }, respond: {}, rateLimit: 100/m } }',
    'routes.r.rateLimit: expected false or a map or a list, found "100/m"; write rateLimit: { max: 100, window: 1m }',
  ],
  [
    'routes: { r: { match: { path: /m/* }, bff: bff/index.ts } }',
    'routes.r.bff: cannot be imported: there is no package "bff/index.ts": a file name must start with ./',
  ],
  ['version: v1', 'version: expected 1, found "v1"'],
];

test.each(slips)('a slip is told with what would be right: %s', async (written, fault) => {
  const text = written.startsWith('version') ? written : `version: 1\n${written}`;
  expect(await told(text)).toEqual([fault]);
});

test('a star alone is told to be quoted', async () => {
  expect(await told('version: 1\nroutes:\n  r:\n    match:\n      path: *')).toEqual([
    'YAML syntax: Alias cannot be an empty string; quote a value that starts with *',
  ]);
});
