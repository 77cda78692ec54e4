import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FOREIGN } from '../../src/config/foreign-words.ts';
import { formatPath } from '../../src/config/fault.ts';
import { findingsOf } from '../../src/config/issues.ts';
import { keySetsAt } from '../../src/config/schema-keys.ts';
import { configSchema } from '../../src/config/schema.ts';
import { BUILT_IN } from '../../src/modules.ts';
import { faultsOf } from './config-files.ts';

const schema = configSchema(new Map(BUILT_IN.map((plugin) => [plugin.name, plugin])));

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
    'routes.r.strip_path: unknown key; did you mean "rewrite"? It is written rewrite: /*',
  ],
  [
    config('proxy_pass: "http://a:1"'),
    'routes.r.proxy_pass: unknown key; did you mean "upstream"? It is written upstream: orders',
  ],
  [
    config('upstream: a', 'url: "http://a:1"'),
    'upstreams.a.url: unknown key; did you mean "targets"? It is written targets: ["http://orders:4001"]',
  ],
  [
    config('upstream: a, websocket: true'),
    'routes.r.websocket: unknown key: WebSocket is not served: a request to upgrade is taken for the plain one that it also is',
  ],
  [
    config('upstream: a, rateLimit: [{ limit: 5, window: 1m }]'),
    'routes.r.rateLimit[0].limit: unknown key; did you mean "max"? It is written max: 100',
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
    'defaults.routes.ipRestriction: unknown key; did you mean "ip"? It is written ip: { allow: [10.0.0.0/8] }',
  ],
  [
    `${config('upstream: a')}\nservices: {}`,
    'services: unknown key; did you mean "upstreams"? It is written upstreams: { orders: { targets: ["http://orders:4001"] } }',
  ],
])('is one fault, with the right word: %s', async (text, fault) => {
  expect(await told(text)).toEqual([fault]);
});
