/** docs/aggregation.md, of answers: the example serves as the page says. */
import { expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/aggregation.md');
const example = PAGE.blocks('yaml').find((text) => text.includes('archive:'))!;
const [shown, told] = ['"delivery"', '"stock_error"'].map(
  (key) => JSON.parse(PAGE.blocks('json').find((text) => text.includes(key))!) as object,
);

const orders: FakeUpstream = ({ path }) => ({
  body: path.endsWith('/parcels')
    ? { parcels: [{ items: [{ sku: 'a' }] }, { items: [{ sku: 'b' }] }] }
    : '{"data":{"id":7,"customer_id":"u1","margin":2,"lines":[{"sku":"a","price":1.10,"cost":1}]}}',
});
const stock: FakeUpstream = () => ({ body: [{ sku: 'a', left: 3, shelf: 9 }] });
const blog: FakeUpstream = () => ({
  body: '<rss><channel><item><title>Sale</title><link>https://example.com/sale</link><author>x</author></item></channel></rss>',
});
const failing: FakeUpstream = () => ({
  status: 409,
  headers: { 'content-type': 'application/json', server: 'stock-1' },
  body: { error: 'closed' },
});

test('the answer has the shape that the page shows', async () => {
  const { fetch } = await served(example, { upstreams: { orders, stock, blog } });
  const text = await (await fetch('/pages/7')).text();
  expect(JSON.parse(text)).toEqual(shown);
  expect(text).toContain('"price":1.10');
});

test('errors and fallbacks are as the page says', async () => {
  const { fetch } = await served(example, {
    upstreams: {
      orders: () => ({ status: 500 }),
      archive: () => ({ body: { id: 7 } }),
      stock: failing,
      blog: failing,
    },
  });
  const response = await fetch('/pages/7');
  expect(await response.json()).toEqual({ order: { id: 7 }, news: [], ...told });
  expect(response.headers.get('gateway-degraded')).toBe(
    'skus;reason=status-500, stock;reason=status-409, news;reason=status-409',
  );
});
