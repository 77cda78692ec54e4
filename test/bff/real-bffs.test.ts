import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { order, payment, product, reservation, stock, suggestions, user } from './shop-data.ts';

const SECRET = 'a secret of at least thirty-two characters';
const bff = (name: string) => new URL(`../../bff/${name}/index.ts`, import.meta.url).pathname;

/** The services of the shop, each of which knows one thing. */
const SHOP: Readonly<Record<string, FakeUpstream>> = {
  users: ({ path }) => (path === '/users/u1' ? { body: user } : { status: 404 }),
  orders: ({ path, query }) => {
    if (path === '/orders/42') return { body: order };
    if (path === '/orders' && query === '?customerId=u1') return { body: { items: [order] } };
    return path === '/orders' ? { body: { items: [] } } : { status: 404 };
  },
  payments: ({ path }) => (path === '/payments/order/42' ? { body: payment } : { status: 404 }),
  inventory: ({ path }) => ({ body: path.startsWith('/stock/') ? stock : reservation }),
  catalog: ({ path }) => (path === '/products/p1' ? { body: product } : { status: 404 }),
  recommendations: () => ({ body: suggestions }),
};

async function shop(broken: Readonly<Record<string, FakeUpstream>> = {}) {
  const { fetch } = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { shop: { issuer: 'shop', secret: SECRET, algorithms: ['HS256'] } } },
      },
      defaults: { routes: { jwt: { issuer: 'shop' } } },
      routes: {
        mobile: { match: { path: '/mobile/*' }, bff: bff('mobile') },
        web: { match: { path: '/web/*' }, bff: bff('web') },
      },
    },
    upstreams: { ...SHOP, ...broken },
  });
  return (path: string, sub = 'u1') => {
    const token = hmacToken(SECRET, { iss: 'shop', sub, exp: now() + 60 });
    return fetch(path, { headers: { authorization: `Bearer ${token}` } });
  };
}

const down: FakeUpstream = () => ({ status: 503 });

describe('every screen and page', () => {
  test.each(['/mobile/home', '/mobile/orders/42', '/web/products/p1', '/web/account'])(
    '%s is there, small, and shows nothing that is not its own',
    async (path) => {
      const ask = await shop();
      const response = await ask(path);
      const text = await response.text();
      expect([response.status, response.headers.get('gateway-degraded')]).toEqual([200, null]);
      expect(text).not.toContain('secret');
      expect(text.length).toBeLessThan(path.startsWith('/mobile') ? 400 : 1_200);
    },
  );

  test.each([
    ['/mobile/home', 'recommendations', 'suggestions'],
    ['/mobile/orders/42', 'payments', 'payment'],
    ['/web/products/p1', 'recommendations', 'similar'],
    ['/web/products/p1', 'inventory', 'stock'],
    ['/web/account', 'recommendations', 'suggested'],
    ['/web/account', 'payments', 'payment'],
    ['/web/account', 'inventory', 'reservation'],
  ])('%s is there without %s', async (path, service, part) => {
    const ask = await shop({ [service]: down });
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('gateway-degraded')).toBe(`${part};reason=status-503`);
  });

  test('/web/account names all that is missing, of both rounds', async () => {
    const ask = await shop({ recommendations: down, payments: down });
    const response = await ask('/web/account');
    expect(response.headers.get('gateway-degraded')).toBe(
      'suggested;reason=status-503, payment;reason=status-503',
    );
  });

  test.each([
    ['/mobile/home', 'users'],
    ['/mobile/home', 'orders'],
    ['/mobile/orders/42', 'orders'],
    ['/web/products/p1', 'catalog'],
    ['/web/account', 'users'],
  ])('%s is 502 without %s', async (path, service) => {
    const ask = await shop({ [service]: down });
    const response = await ask(path);
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
  });
});

describe('what is not there', () => {
  test.each([
    ['/mobile/orders/7', 404],
    ['/web/products/p9', 404],
    ['/mobile/orders/..', 404],
    ['/mobile/orders/x', 400],
    ['/web/products/42', 400],
  ])('%s is %i', async (path, status) => {
    const ask = await shop();
    expect((await ask(path)).status).toBe(status);
  });

  test('the order of another customer is as good as none', async () => {
    const ask = await shop();
    const response = await ask('/mobile/orders/42', 'u2');
    expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
  });

  test('one who has ordered nothing has an account all the same', async () => {
    const ask = await shop({
      users: () => ({ body: { ...user, id: 'u3' } }),
    });
    const response = await ask('/web/account', 'u3');
    expect(await response.json()).toMatchObject({ orders: [], latest: null });
  });
});
