/** `portico routes`: the routes of a config, in the order in which they win. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/index.ts';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const KEY = 'ab'.repeat(32);
const CONFIG = `version: 1
plugins: { apiKey: { consumers: { a: { keys: [${KEY}] } } } }
upstreams:
  users: { targets: ["http://users:1"] }
  orders: { targets: ["http://orders:1"] }
routes:
  rest: { match: { path: /* }, upstream: users }
  orders:
    match:
      - { path: /api/orders/*, methods: [GET, POST] }
      - { path: /orders, hosts: ["*.shop.test"], headers: { x-version: secret-value } }
    apiKey: {}
    rateLimit: { max: 1, window: 1s }
    limits: { body: 2MiB }
    upstream: orders
    fallback: { upstream: users }
  maybe: { match: { path: /api/maybe, methods: [GET] }, priority: 5, apiKey: { optional: true }, upstream: orders }
  both: { match: { path: /api/both }, apiKey: { optional: true }, auth: { anyOf: [apiKey] }, upstream: orders }
  old: { match: { pathRegex: "/old/[0-9]+" }, redirect: { to: /new } }
`;

const file = (): string => join(folderOf({ 'c.yaml': CONFIG }), 'c.yaml');

interface Row {
  readonly route: string;
  readonly match: string;
}

async function listed(...args: readonly string[]): Promise<Row[]> {
  const { out } = await run(['routes', '-c', file(), '--json', ...args]);
  return JSON.parse(out.join('')) as Row[];
}

const names = async (...args: readonly string[]): Promise<string[]> =>
  (await listed(...args)).map(({ route }) => route);

describe('portico routes', () => {
  test('lists every match in the order in which they win, with auth, limits and place', async () => {
    const path = file();
    const { code, out, err } = await run(['routes', '-c', path]);
    expect([code, err]).toEqual([0, []]);
    const lines = out.join('\n').replaceAll(path, 'c.yaml').split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['MATCH', 'ROUTE', 'ACTION', 'AUTH', 'LIMITS', 'PLACE'],
      ['GET /api/maybe (priority 5)', 'maybe', 'forward to orders', 'apiKey?', 'none', 'c.yaml:17'],
      [
        'any *.shop.test/orders [header x-version]',
        'orders',
        'forward to orders',
        'apiKey',
        'rateLimit, body 2MiB',
        'c.yaml:8',
      ],
      ['any /api/both', 'both', 'forward to orders', 'apiKey?+auth', 'none', 'c.yaml:18'],
      [
        'GET,POST /api/orders/*',
        'orders',
        'forward to orders',
        'apiKey',
        'rateLimit, body 2MiB',
        'c.yaml:8',
      ],
      ['any /*', 'rest', 'forward to users', 'none', 'none', 'c.yaml:7'],
      ['any ~/old/[0-9]+', 'old', 'redirect', 'none', 'none', 'c.yaml:19'],
    ]);
  });

  test('names the owner of each, where some route has one, and keeps those of one owner', async () => {
    const owned = CONFIG.replace(
      'orders:\n    match',
      'orders:\n    owner: "Team Orders"\n    match',
    );
    const path = join(folderOf({ 'c.yaml': owned }), 'c.yaml');
    const { out } = await run(['routes', '-c', path]);
    const cells = out
      .join('\n')
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(cells[0]).toEqual(['MATCH', 'ROUTE', 'OWNER', 'ACTION', 'AUTH', 'LIMITS', 'PLACE']);
    expect(cells.find(([, route]) => route === 'orders')![2]).toBe('Team Orders');
    const kept = await run(['routes', '-c', path, '--json', '--owner', 'Team Orders']);
    const rows = JSON.parse(kept.out.join('')) as { route: string; owner: string }[];
    expect(rows.map(({ route, owner }) => [route, owner])).toEqual([
      ['orders', 'Team Orders'],
      ['orders', 'Team Orders'],
    ]);
    const none = await run(['routes', '-c', path, '--owner', 'Team Order']);
    expect([none.code, none.err]).toEqual([
      2,
      ['no owner "Team Order"; did you mean "Team Orders"?'],
    ]);
  });

  test('prints names of conditions with --json, and no value of theirs', async () => {
    const rows = await listed('orders');
    expect(JSON.stringify(rows)).not.toContain('secret-value');
    expect(rows[0]).toEqual({
      rank: 2,
      route: 'orders',
      priority: 0,
      match: 'any *.shop.test/orders [header x-version]',
      hosts: ['*.shop.test'],
      path: '/orders',
      headers: ['x-version'],
      cookies: [],
      query: [],
      action: 'forward to orders',
      upstreams: ['orders', 'users'],
      auth: [{ plugin: 'apiKey', optional: false }],
      open: false,
      limits: ['rateLimit'],
      bodyLimit: 2_097_152,
      plugins: ['apiKey', 'rateLimit'],
      file: expect.stringMatching(/c\.yaml$/) as unknown,
      line: 8,
    });
  });

  test.each<[string, readonly string[]]>([
    ['rest', ['rest']],
    ['o*', ['orders', 'orders', 'old']],
    ['?est', ['rest']],
    ['--path /api/orders/7', ['orders', 'rest']],
    ['--path /%61pi//orders/./7', ['orders', 'rest']],
    ['--path /old/12', ['rest', 'old']],
    ['--path /old/x', ['rest']],
    ['--path /orders --host a.shop.test', ['orders', 'rest']],
    ['--path /orders --host shop.test:8080', ['rest']],
    ['--method delete', ['orders', 'both', 'rest', 'old']],
    ['--upstream users', ['orders', 'orders', 'rest']],
    ['--plugin auth', ['both']],
    ['--without-auth', ['maybe', 'rest', 'old']],
    ['--without-auth --upstream orders', ['maybe']],
    ['no*', []],
  ])('%s keeps %j', async (args, kept) => {
    expect(await names(...args.split(' '))).toEqual(kept);
  });

  test.each([
    ['order', 'no route "order"; did you mean "orders"?'],
    ['--upstream usres', 'no upstream "usres"; did you mean "users"?'],
    ['--plugin apikey', 'no plugin "apikey"; did you mean "apiKey"?'],
    ['--path api', '--path api: a path starts with /'],
    ['--path /a?b', '--path /a?b: give the path alone'],
    ['--path /%2e%2e%5c', '--path /%2e%2e%5c: the path contains a backslash'],
    ['--method TRACE', '--method TRACE: no route can serve it'],
    ['--host a..b', '--host a..b: it is a name such as shop.example.com'],
  ])('%s is refused with what would be right', async (args, message) => {
    const { code, out, err } = await run(['routes', '-c', file(), ...args.split(' ')]);
    expect([code, out, err]).toEqual([2, [], [message]]);
  });

  test('refuses a config with faults, and prints them', async () => {
    const broken = join(folderOf({ 'c.yaml': 'version: 2' }), 'c.yaml');
    const { code, out, err } = await run(['routes', '-c', broken]);
    expect([code, out, err.length]).toEqual([78, [], 2]);
  });

  test.each([80, 120])(
    'cuts its lines to a terminal of %i columns, but no line number',
    async (columns) => {
      const out: string[] = [];
      await runCli({
        args: ['routes', '-c', file()],
        environment: {},
        columns,
        out: (text) => out.push(...text.split('\n')),
        err: () => {},
        onSignal: () => {},
        onNpmGone: () => {},
        openLog: () => Promise.reject(new Error('nothing here serves')),
        exit: () => {},
      });
      expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(out[0]).toMatch(/^MATCH +ROUTE +ACTION +AUTH +LIMITS +PLACE$/);
      expect(out[2]).toMatch(/…\S*:8$/);
    },
  );
});
