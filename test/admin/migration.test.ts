/** `GET /migration`: where each route stands that moves from one upstream to another. */
import { describe, expect, test } from 'vitest';
import type { MigrationList, MigrationStatus } from '../../src/admin/page-data.ts';
import { manualClock } from '../helpers/clock.ts';
import { type Reloading, startReloading } from '../reload/reloading.ts';
import { administered, TOKEN } from './administered.ts';

const ROUTES = {
  shop: { match: { path: '/shop/*' }, owner: 'team old', upstream: 'old' },
  products: {
    match: { path: '/shop/products/*' },
    split: [{ upstream: 'old' }, { upstream: 'new', weight: 50 }],
  },
  stores: {
    match: { path: '/shop/stores/*' },
    upstream: 'old',
    mirror: { upstream: 'new', compare: { promote: { minimum: 2 } } },
  },
  plain: { match: { path: '/plain' }, upstream: 'old' },
  answered: { match: { path: '/answered' }, owner: 'nobody', respond: {} },
};
const PLAIN = { defaults: { upstreams: { retry: false, breaker: false } } };

async function migrating({ config = {}, ...more }: Parameters<typeof administered>[0] = {}) {
  const started = await administered({
    config: { ...PLAIN, routes: ROUTES, ...config },
    upstreams: {
      old: () => ({ body: { name: 'a', price: 1 } }),
      new: ({ path }) =>
        path.includes('bad') ? { status: 500 } : { body: { name: 'b', price: 1 } },
    },
    ...more,
  });
  const list = () => started.read<MigrationList>('/migration');
  const at = async (name: string): Promise<MigrationStatus> =>
    (await list()).routes.find(({ route }) => route === name)!;
  return { ...started, list, at };
}

test('lists the routes with an owner, a split or a mirror, in the order of the config', async () => {
  const { list } = await migrating();
  const { routes, unused, windowSeconds } = await list();
  expect(windowSeconds).toBe(60);
  expect(unused).toEqual([]);
  expect(
    routes.map(({ route, owner, match, next }) => [route, owner, match[0], next.step]),
  ).toEqual([
    ['shop', 'team old', 'any /shop/*', 'seam'],
    ['products', 'old', 'any /shop/products/*', 'grow'],
    ['stores', 'old', 'any /shop/stores/*', 'wait'],
    ['answered', 'nobody', 'any /answered', 'none'],
  ]);
});

describe('the sides of a split', () => {
  test('are counted and timed, with or without abort, and forgotten after a minute', async () => {
    const clock = manualClock();
    const { fetch, at } = await migrating({ clock, random: draws(0.25, 0.75) });
    for (const path of ['/a', '/b', '/bad', '/c']) await fetch(`/shop/products${path}`);
    const { sides } = await at('products');
    expect(sides).toMatchObject([
      { upstream: 'old', share: 0.5, traffic: { calls: 2, failures: 0, latency: {} } },
      { upstream: 'new', share: 0.5, traffic: { calls: 2, failures: 1, latency: {} } },
    ]);
    clock.advance(60_000);
    expect((await at('products')).sides.map(({ traffic }) => traffic)).toEqual([
      { calls: 0, failures: 0 },
      { calls: 0, failures: 0 },
    ]);
  });

  test('that were handed back begin anew', async () => {
    const { fetch, ask, at } = await migrating({ random: () => 0 });
    await fetch('/shop/products/bad');
    expect((await at('products')).sides[1]!.traffic).toMatchObject({ calls: 1, failures: 1 });
    const order = (state: string) =>
      ask('/routes/products/split', { body: { side: 'new', state, reason: 'it is wrong' } });
    await order('aborted');
    const { sides, next } = await at('products');
    expect(sides[1]).toMatchObject({ share: 0, aborted: { why: 'it is wrong' } });
    expect(next.words).toBe('repair new (it is wrong), then portico split products --auto new');
    await order('auto');
    expect((await at('products')).sides[1]!.traffic).toEqual({ calls: 0, failures: 0 });
  });
});

test('a mirror is told with what differs, and as promotable once nothing does', async () => {
  const { fetch, at } = await migrating();
  await fetch('/shop/stores/1');
  await fetch('/shop/stores/2');
  await expect.poll(async () => (await at('stores')).next.step).toBe('differs');
  const { mirrors, next } = await at('stores');
  expect(mirrors).toMatchObject([
    {
      upstream: 'new',
      comparison: { compared: 2, minimum: 2, ratio: 1, fields: [{ field: 'name', answers: 2 }] },
    },
  ]);
  expect(next.words).toMatch(/^new differs in 100 %, most at name/);
});

describe('through reloads', () => {
  const UPSTREAMS = {
    old: { targets: ['http://127.0.0.1:9'] },
    new: { targets: ['http://127.0.0.1:9'] },
  };
  const listOf = async ({ gateway }: Reloading): Promise<MigrationList> =>
    (await (await fetch(`${gateway.adminUrl}/migration`)).json()) as MigrationList;

  test('says since when a route is as it is, whatever happens to others', async () => {
    let now = Date.parse('2026-12-01T10:00:00Z');
    const config = (weight: number) => ({
      upstreams: UPSTREAMS,
      routes: {
        shop: ROUTES.shop,
        products: { ...ROUTES.products, split: [{ upstream: 'old' }, { upstream: 'new', weight }] },
      },
    });
    const gateway = await startReloading(config(10), { wallClock: () => now });
    const changes: unknown[] = [];
    for (const weight of [10, 10, 50, 10]) {
      await gateway.change(config(weight));
      changes.push((await listOf(gateway)).routes.map(({ changed }) => changed));
      now += 60_000;
    }
    const first = { at: '2026-12-01T10:00:00.000Z', generation: 1 };
    expect(changes).toEqual([
      [first, first],
      [first, first],
      [first, { at: '2026-12-01T10:02:00.000Z', generation: 4 }],
      [first, { at: '2026-12-01T10:03:00.000Z', generation: 5 }],
    ]);
  });

  test('a part that has another upstream than what is around it is done; an upstream that nobody calls is told', async () => {
    const products = { match: { path: '/shop/products/*' }, owner: 'new', upstream: 'new' };
    const gateway = await startReloading({
      upstreams: UPSTREAMS,
      routes: { shop: ROUTES.shop, products },
    });
    const before = await listOf(gateway);
    expect(before.unused).toEqual([]);
    expect(before.routes[1]!.next).toEqual({ step: 'done', words: 'new answers all of it' });
    await gateway.change({ upstreams: UPSTREAMS, routes: { products } });
    expect(await listOf(gateway)).toMatchObject({
      unused: ['old'],
      routes: [{ route: 'products' }],
    });
  });
});

test('is for bearers of the token, if there is one: names of fields may be data', async () => {
  const { ask } = await migrating({ config: { admin: { token: TOKEN } } });
  expect((await ask('/migration')).status).toBe(401);
  const answer = await ask('/migration', { headers: { authorization: `Bearer ${TOKEN}` } });
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
});

/** In turn. */
function draws(...values: readonly number[]): () => number {
  let drawn = 0;
  return () => values[drawn++ % values.length]!;
}
