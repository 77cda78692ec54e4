import { describe, expect, test } from 'vitest';
import { configOf, faultsOf, withOrders } from './config-files.ts';

const route = (keys: string): string =>
  withOrders(`routes:\n  a: { match: { path: /a }, upstream: orders, ${keys} }`);

describe('an alias', () => {
  test('and a merge stand for what they name', async () => {
    const { upstreams } = await configOf(
      [
        'version: 1',
        'upstreams:',
        '  a: &a { targets: [http://a:1], timeout: 1s, deadline: 3s }',
        '  b: { <<: *a, timeout: 2s }',
        '  c: { <<: [{ timeout: 4s }, *a] }',
        '  d: *a',
      ].join('\n'),
    );
    const times = Object.values(upstreams).map((each) => [each.timeoutMs, each.deadlineMs]);
    expect(times).toEqual([
      [1_000, 3_000],
      [2_000, 3_000],
      [4_000, 3_000],
      [1_000, 3_000],
    ]);
  });

  test('may be used by hundreds of routes', async () => {
    const routes = Array.from(
      { length: 500 },
      (_, i) => `  r${i}: { <<: *common, match: { path: /r${i} }, limits: *limits }`,
    );
    const { routes: built } = await configOf(
      withOrders(
        `routes:\n  r: &common { match: { path: /r }, upstream: orders, limits: &limits { body: 2MiB } }\n${routes.join('\n')}`,
      ),
    );
    expect(built).toHaveLength(501);
    expect(built.at(-1)?.bodyLimitBytes).toBe(2_097_152);
  });

  test('of nothing is a fault at its place, with the hint to quote it', async () => {
    expect(await faultsOf(route('retry: *none'))).toEqual([
      'c.yaml:4:54  routes.a.retry: no anchor &none before this: quote a value that starts with *, as in "*none"',
    ]);
    expect(await faultsOf(withOrders('include: [*.yaml]'))).toEqual([
      'c.yaml:3:11  include[0]: no anchor &.yaml before this: quote a value that starts with *, as in "*.yaml"',
    ]);
  });

  test('of what it stands in is a fault, in a merge too', async () => {
    expect(await faultsOf(withOrders('admin: &a { host: *a }'))).toEqual([
      'c.yaml:3:19  admin.host: *a is inside the value it refers to',
    ]);
    expect(await faultsOf(withOrders('admin: &a { <<: *a, prot: 1 }'))).toEqual([
      'c.yaml:3:17  admin: *a is inside the value it refers to',
      'c.yaml:3:21  admin.prot: unknown key; did you mean "port"?',
    ]);
  });

  test('cannot make a file longer than memory: a bomb is one fault, at once', async () => {
    const bomb = (level: number, item: (i: number) => string): string =>
      [
        'version: 1',
        'a0: &a0 lol',
        ...Array.from(
          { length: level },
          (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 10 }, () => item(i)).join()}]`,
        ),
      ].join('\n');
    const started = performance.now();
    const faults = await faultsOf(bomb(9, (i) => `*a${i}`));
    expect(faults).toEqual([
      'c.yaml:7:38  aliases expand this file to more than 100000 values: write it without them',
    ]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a merge', () => {
  test.each(['5', '[1]', '[*list]', 'text', ''])('of %s is a fault: only maps', async (value) => {
    const faults = await faultsOf(
      withOrders(`include: &list []\nadmin:\n  <<: ${value}\n  port: 0`),
    );
    expect(faults).toEqual([
      expect.stringMatching(/^c\.yaml:5:\d+ {2}admin: only maps can be merged: <</),
    ]);
  });

  test('is no merge in quotes', async () => {
    expect(await faultsOf(withOrders('admin: { "<<": { port: 1 } }'))).toEqual([
      'c.yaml:3:10  admin.<<: unknown key (known: host, port, token, requests, trace)',
    ]);
  });
});

describe('what a config may not have', () => {
  test('tags', async () => {
    expect(await faultsOf(withOrders('admin: { host: !secret x, port: !!binary aGk= }'))).toEqual([
      'c.yaml:3:24  admin.host: "!secret": tags are not allowed',
      expect.stringContaining('admin.port: "tag:yaml.org,2002:binary": tags are not allowed'),
      expect.stringContaining('admin.port: expected a number, found "aGk="'),
    ]);
    expect(await faultsOf(withOrders('admin: { host: !!str 5, port: !!int 5 }'))).toEqual([]);
  });

  test('keys that are no words', async () => {
    const text = withOrders('? [a]\n: 1\n? { b: 1 }\n: 2\n~: 3\n? *x\n: 4\n? &x y\n: 5');
    const faults = await faultsOf(text);
    expect(faults.filter((fault) => fault.endsWith('  a key must be plain text'))).toHaveLength(4);
  });

  test('a key that would change what all maps have', async () => {
    const text = withOrders(
      'routes:\n  __proto__: { match: { path: /a }, respond: {} }\n__proto__: 1',
    );
    expect(await faultsOf(text)).toEqual([
      'c.yaml:4:3  routes: "__proto__" cannot be a key',
      'c.yaml:5:1  "__proto__" cannot be a key',
    ]);
    const { routes } = await configOf(
      withOrders('routes: { constructor: { match: { path: /a }, respond: {} } }'),
    );
    expect(routes[0]?.name).toBe('constructor');
  });

  test.each([
    ['lists', '['],
    ['maps', '{a: '],
  ])('%s in each other without end', async (_what, open) => {
    for (const depth of [250, 20_000]) {
      const close = open === '[' ? ']' : '}';
      const text = withOrders(`routes: ${open.repeat(depth)}${close.repeat(depth)}`);
      const faults = await faultsOf(text);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/is nested too deeply$/);
    }
  });
});
