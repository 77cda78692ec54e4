/** `?fields=` on an aggregate: which parts are called, and what of them is shown. */
import { describe, expect, test } from 'vitest';
import { composing } from './composing.ts';
import type { Problem } from '../gateway/support/gateway.ts';

const ORDER =
  '{"id":12345678901234567890,"total":1.10,"items":[{"sku":"a","n":1},{"sku":"b","n":2}]}';

const fakes = {
  order: () => ({ body: ORDER }),
  payment: () => ({ body: '{"status":"paid","card":{"last4":"4242"}}' }),
  stock: () => ({ status: 500, body: '' }),
};

const choosing = (parts: Readonly<Record<string, object>>, aggregation: object = {}) =>
  composing(parts, fakes, { aggregation: { fields: true, ...aggregation } });

async function asked(gateway: Awaited<ReturnType<typeof choosing>>, fields: string) {
  const before = gateway.seen.length;
  const response = await gateway.fetch(`/1?fields=${encodeURIComponent(fields)}`);
  const text = await response.text();
  return {
    text,
    status: response.status,
    degraded: response.headers.get('gateway-degraded'),
    called: gateway.seen.slice(before).map(({ path }) => path),
  };
}

describe('fields that a client names', () => {
  const parts = { order: {}, payment: {}, stock: {} };

  test.each([
    ['order', `{"order":${ORDER}}`, ['/order'], null],
    ['order(id,total)', '{"order":{"id":12345678901234567890,"total":1.10}}', ['/order'], null],
    ['order.items(n)', '{"order":{"items":[{"n":1},{"n":2}]}}', ['/order'], null],
    [
      'payment(card.last4),order(id)',
      '{"order":{"id":12345678901234567890},"payment":{"card":{"last4":"4242"}}}',
      ['/order', '/payment'],
      null,
    ],
    ['order(nothing)', '{"order":{}}', ['/order'], null],
    [
      'stock,payment.status',
      '{"payment":{"status":"paid"}}',
      ['/payment', '/stock'],
      'stock;reason=status-500',
    ],
  ])('%s', async (fields, text, called, degraded) => {
    const answer = await asked(await choosing(parts), fields);
    expect(answer).toEqual({ status: 200, text, degraded, called: expect.arrayContaining(called) });
    expect(answer.called).toHaveLength(called.length);
  });

  test('of a part that no client asks for, nobody waits or fails', async () => {
    const gateway = await choosing({ order: {}, stock: { required: true } });
    expect(await asked(gateway, 'order(id)')).toMatchObject({ status: 200, called: ['/order'] });
    expect((await asked(gateway, 'stock')).status).toBe(502);
    expect((await gateway.fetch('/1')).status).toBe(502);
  });

  test('call what they need, which is not shown', async () => {
    const gateway = await choosing({ order: {}, payment: { path: '/{order.id}' }, stock: {} });
    expect(await asked(gateway, 'payment(status)')).toEqual({
      status: 200,
      text: '{"payment":{"status":"paid"}}',
      degraded: null,
      called: ['/order', '/12345678901234567890'],
    });
  });

  test('do not keep a part from writing', async () => {
    const gateway = await composing({ order: { method: 'POST', body: {} }, payment: {} }, fakes, {
      aggregation: { fields: true },
      match: { path: '/{id}', methods: ['POST'] },
    });
    const response = await gateway.fetch('/1?fields=payment', { method: 'POST' });
    expect(Object.keys((await response.json()) as object)).toEqual(['payment']);
    expect(gateway.seen.map(({ method }) => method).toSorted()).toEqual(['GET', 'POST']);
  });

  test('are those of the answer, wherever its parts stand', async () => {
    const gateway = await choosing({
      order: { as: 'page.order' },
      payment: { spread: true },
      stock: { as: 'page.stock', default: { left: 3, at: 'a' } },
    });
    expect(await asked(gateway, 'page.order(total)')).toMatchObject({
      text: '{"page":{"order":{"total":1.10}}}',
      called: ['/order'],
    });
    expect(await asked(gateway, 'status')).toMatchObject({
      text: '{"status":"paid"}',
      called: ['/payment'],
    });
    expect(await asked(gateway, 'page(stock.left,order.id)')).toMatchObject({
      text: '{"page":{"order":{"id":12345678901234567890},"stock":{"left":3}}}',
    });
  });

  test('do not go on to upstreams, except by name', async () => {
    const gateway = await choosing(
      { order: {}, payment: { forwardQuery: ['fields'] } },
      { forwardQuery: ['*'] },
    );
    await gateway.fetch('/1?fields=order,payment&lang=it');
    expect(gateway.seen.map(({ query }) => query).toSorted()).toEqual([
      '?fields=order%2Cpayment',
      '?lang=it',
    ]);
  });

  test.each([
    ['', 'has no name before its end'],
    ['order(', 'has no name before its end'],
    ['orders', 'names "orders", which is none of order, payment, stock'],
    ['__proto__', 'names "__proto__", which is none of order, payment, stock'],
  ])('%s is refused, and nobody is called', async (fields, why) => {
    const gateway = await choosing(parts);
    const { status, text, called } = await asked(gateway, fields);
    expect({ status, detail: (JSON.parse(text) as Problem).detail, called }).toEqual({
      status: 400,
      detail: expect.stringContaining(`the query parameter fields ${why}`) as string,
      called: [],
    });
  });

  test('mean nothing where the route does not allow them', async () => {
    const gateway = await composing(parts, fakes);
    expect((await asked(gateway, 'orders(')).text).toContain('"payment":');
  });
});
