/** docs/aggregation.md: its examples serve as the page says. */
import { expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/aggregation.md');
const [checkout = ''] = PAGE.blocks('yaml');

test('the example sends what the page says', async () => {
  const [body] = PAGE.blocks('json');
  const { fetch, seen } = await served(checkout, {
    upstreams: {
      orders: () => ({ body: '{"id":7,"customerId":"u1","items":[{"sku":"a","price":1.10}]}' }),
      users: () => ({ body: { name: 'Ada' } }),
      prices: () => ({ body: { sum: 1 } }),
    },
  });

  const response = await fetch('/checkout/7?currency=EUR&lang=de&other=1');

  expect(await response.json()).toMatchObject({ customer: { name: 'Ada' }, total: { sum: 1 } });
  expect(seen.map(({ path, query }) => path + query)).toEqual([
    '/orders/7?lang=de',
    '/users/u1?lang=de',
    '/totals?lang=de',
  ]);
  expect(seen[1]?.headers['x-order']).toBe('7');
  expect(Buffer.from(seen[2]?.body as Uint8Array).toString()).toBe(body?.trim());
});

test('a missing value fails the part as the page says', async () => {
  const { fetch } = await served(checkout, {
    upstreams: {
      orders: () => ({ body: { id: 7, items: [] } }),
      users: () => ({}),
      prices: () => ({ body: 1 }),
    },
  });
  const response = await fetch('/checkout/7');
  expect(PAGE.text).toContain(`Gateway-Degraded: ${response.headers.get('gateway-degraded')}`);
});
