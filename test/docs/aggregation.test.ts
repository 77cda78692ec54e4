/** docs/aggregation.md: its examples serve as the page says. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startGateway } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/aggregation.md');
const [checkout = '', conditions = '', each = ''] = PAGE.blocks('yaml');

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

test('the conditions are those of the page', async () => {
  const route = { match: { path: '/{id}' }, ...(parse(conditions) as object) };
  const status = { current: 'open' };
  const { fetch } = await startGateway({
    config: { routes: { order: route } },
    upstreams: {
      orders: () => ({ body: { refundId: 'r', status: status.current } }),
      reviews: () => ({ body: 1 }),
      payments: () => ({ body: 2 }),
    },
  });
  const namesIn = async (target: string) =>
    Object.keys((await (await fetch(target)).json()) as object);
  expect(await namesIn('/7')).toEqual(['order']);
  expect(await namesIn('/7?expand=all')).toEqual(['order', 'reviews']);
  status.current = 'paid';
  expect(await namesIn('/7')).toEqual(['order', 'refund']);
});

test('the lines of a stream are those of the page', async () => {
  const lines = PAGE.text.split('\n').filter((line) => /^\{"(?:part|end)":/.test(line));
  const { fetch } = await startGateway({
    config: {
      routes: {
        summary: {
          match: { path: '/summary/{id}' },
          aggregation: { stream: true, fields: true },
          aggregate: {
            order: { upstream: 'orders', path: '/orders/{id}', as: 'page.order' },
            payment: { upstream: 'payments', path: '/payments' },
            reviews: { upstream: 'reviews', path: '/reviews', default: [], timeout: '20ms' },
          },
        },
      },
    },
    upstreams: {
      orders: () => ({ body: '{"id":7,"total":1.10}' }),
      payments: () => ({ body: { status: 'paid' } }),
      reviews: () => new Promise(() => undefined),
    },
  });
  const headers = { accept: 'application/x-ndjson' };
  const sent = (await (await fetch('/summary/7', { headers })).text()).trim().split('\n');
  expect(sent.toSorted()).toEqual(lines.toSorted());
  expect(sent.at(-1)).toBe(lines.at(-1));

  expect(await (await fetch('/summary/7?fields=page.order(id)')).text()).toBe(
    '{"page":{"order":{"id":7}}}',
  );
});

test('foreach fails as the page says', async () => {
  const route = { match: { path: '/{id}' }, ...(parse(each) as object) };
  const items: { current: unknown } = { current: undefined };
  const { fetch } = await startGateway({
    config: { upstreams: { prices: { retry: false } }, routes: { order: route } },
    upstreams: {
      orders: () => ({ body: { items: items.current } }),
      prices: ({ path }) => ({ status: path.includes('bad') ? 500 : 200, body: { net: 1 } }),
    },
  });
  const priceOf = async (list: unknown): Promise<readonly [unknown, string | null]> => {
    items.current = list;
    const response = await fetch('/7');
    const { price } = (await response.json()) as { readonly price: unknown };
    return [price, response.headers.get('gateway-degraded')];
  };
  const [good, bad] = [{ sku: 'good' }, { sku: 'bad' }];
  expect(await priceOf([good, bad])).toEqual([[{ net: 1 }, null], 'price[1];reason=status-500']);
  const twelve = Array.from({ length: 12 }, () => bad);
  expect((await priceOf([...twelve, good]))[1]).toBe('price[*];reason=status-500;count=12');
  expect((await priceOf(twelve))[1]).toBe('price;reason=status-500');
  expect(await priceOf([])).toEqual([[], null]);
  expect(await priceOf(null)).toEqual([[], null]);
  for (const [list, reason] of [
    [undefined, 'no-value'],
    ['text', 'not-a-list'],
    [Array.from({ length: 51 }, () => good), 'too-many'],
  ] as const) {
    expect((await priceOf(list))[1]).toBe(`price;reason=${reason}`);
    expect(PAGE.text).toContain(`\`${reason}\``);
  }
});
