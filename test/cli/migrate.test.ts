/** `portico migrate status`: what a running gateway says of routes that move. */
import { describe, expect, test } from 'vitest';
import { migrationLines } from '../../src/cli/print-migration.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { run } from './run.ts';

const TOKEN = 'a-token-of-the-operator';
const AT = '2026-12-03T08:00:00.000Z';

async function running(routes: object, admin: object = {}) {
  const started = await startGateway({
    wallClock: () => Date.parse(AT),
    random: () => 0,
    config: { admin: { port: 0, ...admin }, routes },
    upstreams: { old: () => ({ body: { a: 1 } }), new: () => ({ body: { a: 2 } }) },
  });
  return { ...started, admin: ['--admin', started.gateway.adminUrl!] };
}

const SHOP = { match: { path: '/shop/*' }, owner: 'team old', upstream: 'old' };
const PRODUCTS = {
  match: [{ path: '/shop/products/*', methods: ['GET'] }, { path: '/p/*' }],
  split: [{ upstream: 'old' }, { upstream: 'new', weight: 10 }],
};
const STORES = {
  match: { path: '/shop/stores/*' },
  upstream: 'old',
  mirror: { upstream: 'new', compare: { promote: { minimum: 1 } } },
};

test('lists each route with its sides, its mirror and the next step', async () => {
  const { admin, fetch } = await running({ shop: SHOP, products: PRODUCTS, stores: STORES });
  await fetch('/p/1');
  await fetch('/shop/stores/1');
  const listed = async () => (await run(['migrate', 'status', ...admin])).out;
  await expect.poll(async () => (await listed()).join('\n')).toContain('100 % of 1 differ');
  const lines = (await listed()).map((line) => line.replace(/\d+(\.\d+)? ms/g, 'N ms'));
  expect(lines).toEqual([
    'PATH                     OWNER     SIDE  SHARE  CALLS  ERRORS  P95',
    '/shop/*                  team old  old   100 %',
    `    unchanged since ${AT}, generation 1`,
    '    next: 2 cut out of it so far; to move another part, cut a seam: a route of its own, with a',
    '      mirror',
    'GET /shop/products/* +1  old       old   90 %   0',
    expect.stringMatching(/^ {35}new {3}10 % {3}1 {6}0 % {5}N ms$/),
    `    unchanged since ${AT}, generation 1`,
    '    next: grow: new has 10 %, raise its weight; too few calls in the last minute: 1',
    '/shop/stores/*           old       old   100 %',
    '    mirror new: 100 % of 1 differ (a 1); p95 N ms, here N ms',
    `    unchanged since ${AT}, generation 1`,
    '    next: new differs in 100 %, most at a: repair it, or ignore what is harmless',
    'Calls, errors and p95 are those of the last 60 s.',
  ]);
});

test('prints what the admin port answers as JSON', async () => {
  const { admin, gateway } = await running({ products: PRODUCTS });
  const { out } = await run(['migrate', 'status', '--json', ...admin]);
  const answer = await fetch(`${gateway.adminUrl}/migration`);
  expect(JSON.parse(out.join('\n'))).toEqual(await answer.json());
});

test('says why a side is out, and how to hand it back', async () => {
  const { admin } = await running({ products: PRODUCTS });
  await run(['split', 'products', '--abort', 'new', '--reason', 'wrong prices', ...admin]);
  const { out } = await run(['migrate', 'status', ...admin]);
  expect(out).toContain(`    new is out since ${AT}: wrong prices`);
  expect(out).toContain(
    '    next: repair new (wrong prices), then portico split products --auto new',
  );
});

describe('says what is wrong', () => {
  test('if no route moves, with the way to begin', async () => {
    const { admin } = await running({ ping: { match: { path: '/ping' }, respond: {} } });
    const told = await run(['migrate', 'status', ...admin]);
    expect([told.code, told.out]).toEqual([1, []]);
    expect(told.err).toEqual([
      expect.stringMatching(/^no route of http:\S+ has an owner, a split or a mirror/),
      expect.stringMatching(/^begin with a route .*docs\/strangler\.md$/),
    ]);
    const json = await run(['migrate', 'status', '--json', ...admin]);
    expect([json.code, JSON.parse(json.out.join('\n'))]).toMatchObject([0, { routes: [] }]);
  });

  test('if no gateway is there', async () => {
    const told = await run(['migrate', 'status', '--admin', 'http://127.0.0.1:1']);
    expect([told.code, told.out]).toEqual([1, []]);
    expect(told.err.join()).toMatch(/fetch blocks port 1|nothing listens/);
  });

  test('without the token that is asked for', async () => {
    const { admin } = await running({ shop: SHOP }, { token: TOKEN });
    const told = await run(['migrate', 'status', ...admin]);
    expect([told.code, told.err.join()]).toEqual([1, expect.stringContaining('refuses')]);
    const given = await run(['migrate', 'status', ...admin, '--token', TOKEN]);
    expect(given.code).toBe(0);
  });

  test.each([
    [404, { error: 'not found; there are GET /status' }],
    [200, { routes: 'many' }],
    [200, { routes: [1] }],
  ])('if the gateway is an older one: %i %j', async (status, body) => {
    const url = await startUpstream((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    const told = await run(['migrate', 'status', '--admin', url]);
    expect([told.code, told.err.join()]).toEqual([1, expect.stringContaining('older gateway')]);
  });
});

describe('a line', () => {
  const route = {
    route: 'r',
    match: [`any /${'long-'.repeat(30)}*`],
    owner: 'the team with the longest name of all of them',
    sides: [{ upstream: 'an-upstream-with-a-long-name-of-its-own', share: 0.000_04 }],
    next: { words: 'words '.repeat(40).trim() },
  };

  test('is no longer than 100 columns, or those of the terminal', () => {
    for (const width of [100, 80]) {
      const lines = migrationLines({ routes: [route, route] }, width);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.join(' ').split('words')).toHaveLength(81);
      expect(lines.join(' ')).toContain('0.004 %');
    }
  });

  test('shows control characters of names, and survives an answer of another shape', () => {
    const hostile = { match: ['a\u001b[2Jb\n'], owner: '\u0007', sides: [{ upstream: 'x\ny' }, 7] };
    const lines = migrationLines(
      { routes: [hostile, { next: 5, mirrors: [{}], sides: 'no' }] },
      100,
    );
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  });
});
