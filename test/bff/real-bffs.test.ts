import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { demoShop } from './demo-shop.ts';

const down: FakeUpstream = () => ({ status: 503 });

const PAGES = [
  '/mobile/home',
  '/mobile/products/p1',
  '/mobile/orders',
  '/mobile/orders/42',
  '/web/home',
  '/web/products',
  '/web/products/p1',
  '/web/orders',
  '/web/orders/42',
  '/web/account',
];

describe('every screen and page', () => {
  test('is whole, for the client alone, and shows nothing that is not its own', async () => {
    const { ask } = await demoShop();
    for (const path of PAGES) {
      const response = await ask(path);
      const text = await response.text();
      expect([path, response.status, response.headers.get('gateway-degraded')]).toEqual([
        path,
        200,
        null,
      ]);
      expect(response.headers.get('cache-control')).toBe('private, no-cache');
      expect(text).not.toMatch(/internalRiskScore|img\.shop\.example/);
    }
  });

  test('is not sent again to a client that has it', async () => {
    const { ask } = await demoShop();
    for (const path of PAGES) {
      const etag = (await ask(path)).headers.get('etag') ?? '';
      const again = await ask(path, { headers: { 'if-none-match': etag } });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
    }
  });

  test('is only for those who say who they are', async () => {
    const { fetch } = await demoShop();
    for (const path of PAGES) expect((await fetch(path)).status).toBe(401);
  });
});

describe('without a service', () => {
  test.each([
    ['/mobile/home', 'recommendations', 'suggestions'],
    ['/mobile/products/p1', 'inventory', 'stock'],
    ['/mobile/orders/42', 'payments', 'payment'],
    ['/web/home', 'recommendations', 'recommended'],
    ['/web/products/p1', 'recommendations', 'similar'],
    ['/web/products/p1', 'users', 'customer'],
    ['/web/products/p1', 'orders', 'bought'],
    ['/web/orders/42', 'payments', 'payment'],
    ['/web/orders/42', 'users', 'customer'],
  ] as const)('%s is there without %s', async (path, service, part) => {
    const { ask } = await demoShop({ broken: { [service]: down } });
    const response = await ask(path);
    expect([response.status, response.headers.get('gateway-degraded')]).toEqual([
      200,
      `${part};reason=status-503`,
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('a page names a list once, however many of its elements are missing', async () => {
    const { ask } = await demoShop({ broken: { inventory: down } });
    const response = await ask('/web/products');
    expect(response.headers.get('gateway-degraded')).toBe('stock;reason=status-503');
    const { items } = (await response.json()) as { readonly items: readonly object[] };
    expect(items).toHaveLength(24);
    expect(items[0]).toMatchObject({ availability: { state: 'unknown' } });
  });

  test.each([
    ['/mobile/home', 'users'],
    ['/mobile/home', 'orders'],
    ['/mobile/orders/42', 'orders'],
    ['/web/home', 'catalog'],
    ['/web/products/p1', 'catalog'],
    ['/web/orders/42', 'orders'],
    ['/web/account', 'users'],
  ] as const)('%s is 502 without %s', async (path, service) => {
    const { ask } = await demoShop({ broken: { [service]: down } });
    const response = await ask(path);
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
  });
});

describe('what is not there', () => {
  test.each([
    ['/mobile/orders/7', 404],
    ['/mobile/products/p99', 404],
    ['/web/products/p99', 404],
    ['/web/orders/7', 404],
    ['/web/account/picture', 404],
    ['/mobile/orders/..', 404],
    ['/mobile/orders/x', 400],
    ['/web/products/42', 400],
    ['/web/images/p1/back', 400],
    ['/web/images/p1/front?width=17', 400],
    ['/mobile/orders?limit=1000', 400],
    ['/mobile/orders?page=2', 400],
  ])('%s is %i', async (path, status) => {
    const { ask } = await demoShop();
    expect((await ask(path)).status).toBe(status);
  });

  test.each(['/mobile/orders/42', '/web/orders/42', '/web/orders/42/invoice'])(
    '%s of another customer is as good as none',
    async (path) => {
      const { ask } = await demoShop();
      const response = await ask(path, {}, 'u2');
      expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
    },
  );
});

describe('the language', () => {
  test.each([
    ['/mobile/home', 'de-AT, en;q=0.5', 'de', 'Hallo, Ada'],
    ['/mobile/home', undefined, 'en', 'Hello, Ada'],
    ['/mobile/products/p1', 'fr', 'fr', 'En stock'],
    ['/web/products/p1', 'de', 'de', 'Auf Lager'],
    ['/web/orders/42', 'fr', 'fr', '16 novembre 2026'],
    ['/web/home', 'zh', 'en', 'November 16, 2026'],
  ])('of %s for %s is %s', async (path, wanted, language, text) => {
    const { ask } = await demoShop();
    const headers = wanted === undefined ? {} : { 'accept-language': wanted };
    const response = await ask(path, { headers });
    expect(response.headers.get('content-language')).toBe(language);
    expect(response.headers.get('vary')).toContain('accept-language');
    expect(await response.text()).toContain(text);
  });
});
