import { describe, expect, test } from 'vitest';
import { catalog } from '../../demo/services/catalog.ts';
import { SERVICES } from '../../demo/services/index.ts';
import { monolith } from '../../demo/services/monolith.ts';
import { recommendations } from '../../demo/services/recommendations.ts';
import { users } from '../../demo/services/users.ts';
import { ask, serve } from './shop.ts';

const aNumber = expect.any(Number) as unknown;
const aString = expect.any(String) as unknown;

const productShape = {
  id: aString,
  name: aString,
  category: aString,
  description: aString,
  price: aNumber,
  currency: 'EUR',
  rating: aNumber,
  reviews: aNumber,
  images: [aString, aString, aString],
  attributes: expect.any(Object) as unknown,
};

describe('every service', () => {
  test.each(Object.entries(SERVICES))('%s is healthy and knows its name', async (name, make) => {
    const url = await serve(make('http://127.0.0.1:4100'));
    const health = await ask(`${url}/healthz`);
    expect(health).toMatchObject({ status: 200, body: { status: 'ok', service: name } });
  });

  test.each([
    ['users', '/users/u9', 'no user "u9"'],
    ['users', '/users/__proto__', 'no user "__proto__"'],
    ['catalog', '/products/p25', 'no product "p25"'],
    ['orders', '/orders/40', 'no order "40"'],
    ['payments', '/payments/order/40', 'no payment of order "40"'],
    ['inventory', '/reservations/order/40', 'no reservation of order "40"'],
    ['inventory', '/stock/p25', 'no stock of product "p25"'],
    ['recommendations', '/similar/p25', 'no product "p25"'],
    ['recommendations', '/for-user/u9', 'no user "u9"'],
    ['monolith', '/shop/products/p25', 'no product "p25"'],
    ['shipping', '/shipments/order/40', 'no shipment of order "40"'],
    ['issuer', '/nowhere', 'issuer has no GET /nowhere'],
  ] as const)('%s answers 404 to %s', async (name, path, message) => {
    const url = await serve(SERVICES[name]('http://127.0.0.1:4100'));
    const answer = await ask(`${url}${path}`);
    expect(answer).toMatchObject({ status: 404, body: { error: 'not_found', message } });
  });
});

describe('users', () => {
  test('a user has an address, and a score that is not for clients', async () => {
    const url = await serve(users());
    const { body } = await ask(`${url}/users/u1`);
    expect(body).toEqual({
      id: 'u1',
      name: 'Ada Meyer',
      email: 'ada.meyer@example.com',
      tier: 'gold',
      since: '2021-03-14',
      address: { street: 'Lindenstraße 12', city: 'Berlin', postcode: '10969', country: 'DE' },
      internalRiskScore: 0.04,
    });
  });

  test('there are eight', async () => {
    const url = await serve(users());
    const ids = Array.from({ length: 8 }, (_, i) => `u${i + 1}`);
    const answers = await Promise.all(ids.map((id) => ask(`${url}/users/${id}`)));
    expect(answers.map(({ body }) => body)).toMatchObject(ids.map((id) => ({ id })));
  });
});

describe('catalog', () => {
  test('lists up to the limit and says how many there are', async () => {
    const url = await serve(catalog());
    const { body } = await ask(`${url}/products?limit=3`);
    expect(body).toEqual({ items: [productShape, productShape, productShape], total: 24 });
  });

  test('lists one category; an unknown one is empty', async () => {
    const url = await serve(catalog());
    const kitchen = await ask(`${url}/products?category=kitchen&limit=2`);
    const none = await ask(`${url}/products?category=cars`);
    expect(kitchen.body).toMatchObject({ items: [{ id: 'p7' }, { id: 'p8' }], total: 6 });
    expect(none.body).toEqual({ items: [], total: 0 });
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=1&limit=2', 'order=price'])(
    'refuses ?%s',
    async (query) => {
      const url = await serve(catalog());
      const answer = await ask(`${url}/products?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request' } });
    },
  );

  test('has every product from p1 to p24', async () => {
    const url = await serve(catalog());
    const ids = Array.from({ length: 24 }, (_, i) => `p${i + 1}`);
    const answers = await Promise.all(ids.map((id) => ask(`${url}/products/${id}`)));
    expect(answers.map(({ body }) => body)).toEqual(ids.map((id) => ({ ...productShape, id })));
  });
});

describe('recommendations', () => {
  const brief = { id: aString, name: aString, price: aNumber, currency: 'EUR' };

  test('similar products are of the same category, the nearest in price first', async () => {
    const url = await serve(recommendations());
    const { body } = await ask(`${url}/similar/p1?limit=2`);
    expect(body).toEqual({ items: [brief, brief] });
    expect(body).toMatchObject({ items: [{ id: 'p6' }, { id: 'p5' }] });
  });

  test.each(['/similar/p24', '/for-user/u8'])('%s has four unless told otherwise', async (path) => {
    const url = await serve(recommendations());
    expect((await ask(`${url}${path}`)).body).toEqual({ items: [brief, brief, brief, brief] });
    expect((await ask(`${url}${path}?limit=1`)).body).toEqual({ items: [brief] });
    expect((await ask(`${url}${path}?limit=0`)).status).toBe(400);
  });
});

describe('monolith', () => {
  const options = { now: () => Date.UTC(2026, 0, 31), random: () => 0.5 };

  test('tells the catalog’s products as the old pages want them', async () => {
    const [old, fresh] = [await serve(monolith(options)), await serve(catalog())];
    const product = (await ask(`${fresh}/products/p1`)).body as { readonly images: string[] };
    expect((await ask(`${old}/shop/products/p1`)).body).toEqual({
      ...product,
      rating: 4.5,
      images: product.images.toReversed(),
      updatedAt: '2026-01-31T00:00:00.000Z',
    });
    const { body } = await ask(`${old}/shop/products?limit=2&category=office`);
    expect(body).toMatchObject({
      items: [{ category: 'office' }, { category: 'office' }],
      total: 6,
    });
  });

  test('gives a visitor a session, once', async () => {
    const url = await serve(monolith(options));
    const { headers } = await ask(`${url}/shop/stores`);
    expect(headers.get('set-cookie')).toBe('sid=i; Path=/; HttpOnly; SameSite=Lax');
    const again = await ask(`${url}/shop/stores`, { headers: { cookie: 'a=b; sid=i' } });
    expect(again.headers.get('set-cookie')).toBeNull();
  });
});
