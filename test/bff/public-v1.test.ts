import { describe, expect, test } from 'vitest';
import { cursorOf, readCursor } from '../../bff/public/v1/resources.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { demoShop, type ShopOptions } from './demo-shop.ts';

const FREE = { 'x-api-key': 'demo-free-key-4d1f8a62' };
const GOLD = { 'x-api-key': 'demo-gold-key-9b7e35c0' };

async function api(options: ShopOptions = {}) {
  const shop = await demoShop(options);
  const get = (path: string, headers: Record<string, string> = GOLD) =>
    shop.ask(`/public/v1${path}`, { headers });
  return { ...shop, get };
}

describe('the public API', () => {
  test('is for those with a key, whatever their token', async () => {
    const { fetch, ask, get } = await api();
    for (const response of [
      await fetch('/public/v1/products'),
      await ask('/public/v1/products'),
      await get('/products', { 'x-api-key': 'demo-free-key-00000000' }),
    ]) {
      expect(response.status).toBe(401);
    }
    expect((await get('/products')).status).toBe(200);
  });

  test('takes as many requests a minute as the plan says', async () => {
    const clock = { now: () => 0, after: () => ({ refresh() {} }), cancel() {} };
    const { get } = await api({ clock });
    const free = [];
    for (let i = 0; i < 61; i++) free.push((await get('/nothing', FREE)).status);
    expect([free.indexOf(429), free.length]).toEqual([60, 61]);
    expect((await get('/nothing')).status).toBe(404);
  });

  test('tells what is left of the month', async () => {
    const { get } = await api();
    const { headers } = await get('/products?limit=1', FREE);
    expect(headers.get('ratelimit-policy')).toContain('10000');
    expect(headers.get('ratelimit')).toContain('9999');
  });

  test('has a product with the members that version 1 promises', async () => {
    const { get } = await api();
    expect(await (await get('/products/p1')).json()).toEqual({
      id: 'p1',
      name: 'Wren over-ear headphones',
      category: 'audio',
      description: expect.any(String) as string,
      price: { amount: 17_900, currency: 'EUR' },
      rating: { average: 4.6, count: 1_284 },
      stars: 4,
    });
    const missing = await get('/products/p99');
    expect([missing.status, await codeOf(missing)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
  });

  test('lists all products, page by page, each once', async () => {
    const { get } = await api();
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const query: string = after === undefined ? '' : `&after=${after}`;
      const page = (await (await get(`/products?limit=10${query}`)).json()) as {
        readonly items: readonly { readonly id: string }[];
        readonly next?: string;
      };
      ids.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(Array.from({ length: 24 }, (_each, i) => `p${i + 1}`));
  });

  test.each([cursorOf('p99'), 'x', '', `${cursorOf('p1')}${cursorOf('p1')}`])(
    'refuses the cursor %j with a problem of its own',
    async (cursor) => {
      const { get } = await api();
      const response = await get(`/products?after=${cursor}`);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        {
          type: 'https://shop.example/docs/public/v1#cursor',
          detail: 'use the value of `next` as it came',
        },
      ]);
    },
  );

  test('a cursor holds an id and nothing else', () => {
    expect(readCursor(cursorOf('p7'))).toBe('p7');
    expect(readCursor(Buffer.from('1:../p7').toString('base64url'))).toBeUndefined();
  });

  test('asks for the stock of many products at once, and names those that it does not have', async () => {
    const { get, calls } = await api();
    const response = await get('/availability?ids=p1,p5,p99,p1');
    expect(await response.json()).toEqual({
      items: [
        { productId: 'p1', isInStock: true, daysUntilSent: 0 },
        { productId: 'p5', isInStock: false, daysUntilSent: 9 },
      ],
      unknown: ['p99'],
    });
    expect(calls()).toEqual(['GET inventory/stock?ids=p1,p5,p99']);
    const all = Array.from({ length: 101 }, (_each, i) => `p${i + 1}`);
    expect((await get(`/availability?ids=${all.join()}`)).status).toBe(400);
    expect((await get(`/availability?ids=${all.slice(1).join()}`)).status).toBe(200);
    expect(calls()).toHaveLength(3);
  });

  test('says of the deprecated route alone that it ends', async () => {
    const { get } = await api();
    const price = await get('/products/p1/price');
    expect(await price.json()).toEqual({ price: { amount: 17_900, currency: 'EUR' } });
    expect(Object.fromEntries(price.headers)).toMatchObject({
      deprecation: '@1790812800',
      sunset: 'Thu, 01 Apr 2027 00:00:00 GMT',
      link: '<https://shop.example/docs/public/v1#price>; rel="deprecation", <https://shop.example/docs/public/v1#price>; rel="sunset"',
    });
    const { headers } = await get('/products/p1');
    expect([headers.get('deprecation'), headers.get('sunset')]).toEqual([null, null]);
  });

  test('serves no other method', async () => {
    const { ask } = await api();
    const response = await ask('/public/v1/products', { method: 'POST', headers: GOLD });
    expect([response.status, await codeOf(response)]).toEqual([405, 'GW_METHOD_NOT_ALLOWED']);
  });
});
