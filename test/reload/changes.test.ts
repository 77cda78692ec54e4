/** What the log says has changed, in words. */
import { describe, expect, test } from 'vitest';
import { type Change, compare } from '../../src/config/changes/compare.ts';
import { changesInWords, inOneLine } from '../../src/config/changes/words.ts';
import type { Snapshot } from '../../src/config/yaml/source.ts';

const PLUGINS = new Set(['jwt', 'apiKey', 'rateLimit']);
const FILE = `${process.cwd()}/gateway.config.yaml`;

type Texts = string | Readonly<Record<string, string>>;
const snapshot = (texts: Texts): Snapshot => ({
  texts: new Map(Object.entries(typeof texts === 'string' ? { [FILE]: texts } : texts)),
  included: new Map(),
});
const changes = (before: Texts, after: Texts): Promise<readonly string[]> =>
  changesInWords(snapshot(before), snapshot(after), PLUGINS);
const told = async (before: Texts, after: Texts): Promise<string> =>
  inOneLine(await changes(before, after));

const ORDERS =
  'upstreams: { orders: { targets: [http://a], timeout: 2s, breaker: { ratio: 0.5 } } }';
const ROUTES = 'routes:\n  a: { match: { path: /a } }\n  b: { match: { path: /b } }\n';

describe('names that were added and removed are told alone', () => {
  test.each([
    ['routes', '+ route beta', '- route beta'],
    ['upstreams', '+ upstream beta', '- upstream beta'],
    ['plugins', '+ plugin beta', '- plugin beta'],
  ])('of %s', async (section, added, removed) => {
    const without = `${section}: { alpha: { x: 1 } }`;
    const both = `${section}: { alpha: { x: 1 }, beta: { y: { z: 2 } } }`;
    expect(await told(without, both)).toBe(added);
    expect(await told(both, without)).toBe(removed);
    expect(await told('version: 1', both)).toMatch(added);
    expect(await told(`${section}:`, both)).toMatch(added);
  });
});

describe('a key that changed is told with its values and its line', () => {
  test.each([
    ['timeout: 2s', 'timeout: 1s', 'upstream orders: timeout 2s → 1s (gateway.config.yaml:1)'],
    ['0.5', '0.6', 'upstream orders: breaker.ratio 0.5 → 0.6 (gateway.config.yaml:1)'],
    [
      '[http://a]',
      '[http://a, "http://b"]',
      'upstream orders: targets [http://a] → [http://a, http://b] (gateway.config.yaml:1)',
    ],
    [
      'ratio: 0.5',
      'ratio: 0.5, open: 5s',
      'upstream orders: + breaker.open 5s (gateway.config.yaml:1)',
    ],
    [', breaker: { ratio: 0.5 }', '', 'upstream orders: - breaker'],
    [
      '{ ratio: 0.5 }',
      'false',
      'upstream orders: breaker {ratio: 0.5} → false (gateway.config.yaml:1)',
    ],
  ])('%s, then %s', async (before, after, words) => {
    expect(await told(ORDERS, ORDERS.replace(before, after))).toBe(words);
  });

  test('outside of routes, upstreams and plugins by its path', async () => {
    const server = (body: string) => `version: 1\nserver:\n  limits:\n    body: ${body}\n`;
    expect(await told(server('1MiB'), server('2MiB'))).toBe(
      'server.limits.body 1MiB → 2MiB (gateway.config.yaml:4)',
    );
    expect(await told('version: 1', server('1MiB'))).toBe(
      '+ server.limits {body: 1MiB} (gateway.config.yaml:3)',
    );
    expect(await told(server('1MiB'), 'version: 1')).toBe('- server.limits');
  });

  test('within a list of equal length by its index, and as a whole otherwise', async () => {
    const limits = (list: string) => `routes: { a: { rateLimit: ${list} } }`;
    const one = '[{ max: 1, window: 1s }]';
    expect(await told(limits(one), limits(one.replace('max: 1', 'max: 2')))).toBe(
      'route a: rateLimit[0].max 1 → 2 (gateway.config.yaml:1)',
    );
    expect(await told(limits(one), limits('[]'))).toBe(
      'route a: rateLimit [{max: 1, window: 1s}] → [] (gateway.config.yaml:1)',
    );
  });

  test('in the file that says it', async () => {
    const files = (timeout: string) => ({
      [FILE]: 'include: [more/*.yaml]',
      [`${process.cwd()}/more/up.yaml`]: `upstreams:\n  orders:\n    timeout: ${timeout}\n`,
    });
    expect(await told(files('1s'), files('2s'))).toBe(
      'upstream orders: timeout 1s → 2s (more/up.yaml:3)',
    );
  });

  test('wherever an alias brings it', async () => {
    const anchored = (ms: string) =>
      `routes:\n  a: &common { timeout: ${ms} }\n  b: { <<: *common, upstream: x }\n`;
    expect(await changes(anchored('1s'), anchored('2s'))).toEqual([
      'route a: timeout 1s → 2s (gateway.config.yaml:2)',
      'route b: timeout 1s → 2s (gateway.config.yaml:2)',
    ]);
  });
});

describe('a value is not shown', () => {
  test.each([
    ['one from the environment', 'x: "a${OLD}"', 'x: "a${NEW:-hunter2}"', 'route a: x changed'],
    ['one from a file', 'x: "${file:/run/old}"', 'x: hunter2', 'route a: x changed'],
    ['one that holds such a value', 'x: { y: [1, "${OLD}"] }', 'x: hunter2', 'route a: x changed'],
    ['of the key of a secret', 'secret: hunter1', 'secret: hunter2', 'route a: secret changed'],
    [
      'below the key of a secret',
      'keys: { hunter1: 1 }',
      'keys: { hunter2: 1, hunter3: 2 }',
      'route a: keys changed',
    ],
    [
      'a URL with a password',
      'x: redis://me:hunter1@a',
      'x: redis://me:hunter2@a',
      'route a: x changed',
    ],
    ['one that was added', 'y: 1', 'y: 1, token: hunter2', 'route a: + token'],
    ['one that is gone', 'y: 1, token: hunter1', 'y: 1', 'route a: - token'],
    ['a map with a secret', 'y: 1', 'y: 1, jwt: { secret: hunter2 }', 'route a: + jwt'],
  ])('%s', async (_what, before, after, words) => {
    const line = await told(`routes: { a: { ${before} } }`, `routes: { a: { ${after} } }`);
    expect(line.replace(' (gateway.config.yaml:1)', '')).toBe(words);
    expect(line).not.toContain('hunter');
  });

  test('but names are, whatever they are like', async () => {
    const config = (x: number) => `routes: { my-token: { apiKey: { x: ${x} } } }`;
    expect(await told(config(1), config(2))).toBe(
      'route my-token: apiKey.x 1 → 2 (gateway.config.yaml:1)',
    );
  });
});

describe('what means the same is no change', () => {
  test.each([
    ['comments and blanks', ROUTES, `# new\n\n${ROUTES.replaceAll('{ ', '{  ')}`],
    ['quotes', 'routes: { a: { x: "1s" } }', "routes: { a: { x: '1s' } }"],
    ['block style', 'routes: { a: { x: 1s } }', 'routes:\n  a:\n    x: 1s\n'],
    ['the order of keys', 'routes: { a: { x: 1, y: 2 } }', 'routes: { a: { y: 2, x: 1 } }'],
    ['an alias', 'routes: { a: &x { y: 1 }, b: { y: 1 } }', 'routes: { a: &x { y: 1 }, b: *x }'],
  ])('%s', async (_what, before, after) => {
    expect(await told(before, after)).toBe('the config means the same');
  });

  test('a route in another file', async () => {
    const more = `${process.cwd()}/more.yaml`;
    const a = 'routes: { a: { x: 1 } }';
    const b = 'routes: { b: { x: 1 } }';
    expect(
      await changes(
        { [FILE]: 'routes: { a: { x: 1 }, b: { x: 1 } }', [more]: 'version: 1' },
        { [FILE]: a, [more]: b },
      ),
    ).toEqual([]);
  });
});

test('another order of the same routes is told', async () => {
  const [a, b] = ['  a: { match: { path: /a } }\n', '  b: { match: { path: /b } }\n'];
  expect(await told(`routes:\n${a}${b}`, `routes:\n${b}${a}`)).toBe('routes: order');
  expect(await told(`routes:\n${a}${b}`, `routes:\n  c: {}\n${a}${b}`)).toBe('+ route c');
});

test('another pattern of include is told', async () => {
  expect(await told('include: [a.yaml]', 'include: [b.yaml]')).toBe(
    'include [a.yaml] → [b.yaml] (gateway.config.yaml:1)',
  );
});

test('long values are cut', async () => {
  const config = (text: string) => `routes: { a: { x: "${text}" } }`;
  const [line] = await changes(config('a'.repeat(90_000)), config('b'.repeat(90_000)));
  expect(line).toMatch(/^route a: x a{60}… → b{60}… \(/);
  const sameStart = 'a'.repeat(90_000);
  expect(await told(config(`${sameStart}1`), config(`${sameStart}2`))).toBe(
    'route a: x changed (gateway.config.yaml:1)',
  );
});

test('control characters do not reach a terminal', async () => {
  expect(
    await told('routes: { a: { x: 1 } }', 'routes: { a: { x: "\\e[2J\\n" }, "\\e": {} }'),
  ).toBe('route a: x 1 → "\\u001b[2J\\n" (gateway.config.yaml:1); + route \\u001b');
});

test('more than 20 changes are counted', async () => {
  const routes = (n: number): string =>
    `routes:\n${Array.from({ length: n }, (_each, i) => `  r${i}: { x: 1 }\n`).join('')}`;
  expect(await changes(routes(1), routes(33))).toEqual([
    ...Array.from({ length: 20 }, (_each, i) => `+ route r${i + 1}`),
    'and 12 more',
  ]);
  expect(await changes(routes(1), routes(21))).toHaveLength(20);
});

test('the comparison may be interrupted after each name', () => {
  const config = (x: number) => ({
    routes: Object.fromEntries(
      Array.from({ length: 1_000 }, (_each, i) => [`r${i}`, { match: { path: '/' }, x }]),
    ),
  });
  const found: Change[] = [];
  const all = { found: (change: Change) => void found.push(change), isClosed: () => false };
  const steps = [...compare(config(1), config(2), all)];
  expect(found).toHaveLength(1_000);
  expect(steps.length).toBeGreaterThan(2_000);
});
