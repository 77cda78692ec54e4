import { describe, expect, test } from 'vitest';
import { ORDERS } from '../../demo/data/orders.ts';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { ask, post, serve } from './shop.ts';

const aString = expect.any(String) as unknown;
const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown;

describe('orders', () => {
  test('order 42 is of u1 and adds up', async () => {
    const url = await serve(orders());
    const { body } = await ask(`${url}/orders/42`);
    expect(body).toEqual({
      id: '42',
      customerId: 'u1',
      status: 'shipped',
      placedAt: '2026-11-16T19:42:11.000Z',
      currency: 'EUR',
      total: 17_900 + 8_900 + 3 * 2_200,
      lines: [
        { productId: 'p1', name: 'Wren over-ear headphones', quantity: 1, price: 17_900 },
        { productId: 'p9', name: 'Still pour-over kettle', quantity: 1, price: 8_900 },
        { productId: 'p23', name: 'Folio dotted notebook', quantity: 3, price: 2_200 },
      ],
      shippingAddress: {
        street: 'Lindenstraße 12',
        city: 'Berlin',
        postcode: '10969',
        country: 'DE',
      },
    });
  });

  test('lists the orders of one customer, the newest first', async () => {
    const url = await serve(orders());
    const { body } = await ask(`${url}/orders?customerId=u1`);
    expect(body).toMatchObject({ items: [{ id: '51' }, { id: '42' }, { id: '45' }] });
  });

  test('a new order gets a number from 1000 on and can be read', async () => {
    const url = await serve(orders({ now: () => Date.UTC(2026, 10, 20, 12) }));
    const wanted = { customerId: 'u2', lines: [{ productId: 'p2', quantity: 2 }] };

    const { status, headers, body } = await post(`${url}/orders`, wanted);

    expect(status).toBe(201);
    expect(headers.get('location')).toBe('/orders/1000');
    expect(body).toMatchObject({
      id: '1000',
      customerId: 'u2',
      status: 'placed',
      placedAt: '2026-11-20T12:00:00.000Z',
      total: 13_800,
    });
    expect((await ask(`${url}/orders/1000`)).body).toEqual(body);
  });

  test('keeps the last 1,000 new orders, and all it started with', async () => {
    const app = orders();
    const url = await serve(app);
    const payload = { customerId: 'u2', lines: [{ productId: 'p2', quantity: 1 }] };
    for (let i = 0; i < 1_101; i++) await app.inject({ method: 'POST', url: '/orders', payload });

    const ids = ['42', '52', '1000', '1100', '1101', '2100'];
    const answers = await Promise.all(ids.map((id) => ask(`${url}/orders/${id}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404, 200, 200]);
  });

  test.each([
    [{ customerId: 'u9', lines: [{ productId: 'p1', quantity: 1 }] }, 'body.customerId'],
    [{ customerId: 'u1', lines: [] }, 'body.lines'],
    [{ customerId: 'u1', lines: [{ productId: 'p99', quantity: 1 }] }, 'body.lines.0.productId'],
    [{ customerId: 'u1', lines: [{ productId: 'p1', quantity: 0 }] }, 'body.lines.0.quantity'],
    [{ customerId: 'u1' }, 'body.lines'],
    ['none', 'body'],
  ])('refuses %j', async (wanted, place) => {
    const url = await serve(orders());
    const message = expect.stringContaining(`${place}: `) as unknown;
    const answer = await post(`${url}/orders`, wanted);
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', message } });
  });
});

describe('payments and inventory', () => {
  test('there are the orders 41 to 52', () => {
    expect([...ORDERS.keys()]).toEqual(Array.from({ length: 12 }, (_, i) => String(41 + i)));
  });

  test('every order has a payment of its total', async () => {
    const url = await serve(payments());
    for (const { id, total } of ORDERS.values()) {
      const { body } = await ask(`${url}/payments/order/${id}`);
      expect(body).toEqual({
        id: `pay-${id}`,
        orderId: id,
        status: expect.stringMatching(/^(authorized|captured|refunded|voided)$/) as unknown,
        method: expect.stringMatching(/^(card|apple_pay|google_pay)$/) as unknown,
        amount: total,
        currency: 'EUR',
        capturedAt: expect.toSatisfy((at) => at === null || typeof at === 'string') as unknown,
        card: { brand: aString, last4: expect.stringMatching(/^\d{4}$/) as unknown },
      });
    }
  });

  test('every order has a reservation of its lines', async () => {
    const url = await serve(inventory());
    for (const { id: orderId, lines } of ORDERS.values()) {
      const { body } = await ask(`${url}/reservations/order/${orderId}`);
      expect(body).toEqual({
        orderId,
        status: expect.stringMatching(/^(reserved|picked|fulfilled|released)$/) as unknown,
        warehouse: aString,
        lines: lines.map(({ productId, quantity }) => ({ productId, quantity })),
        expiresAt: aTime,
      });
    }
  });

  test('stock has a lead time where there is none left', async () => {
    const url = await serve(inventory());
    const [full, empty] = [await ask(`${url}/stock/p1`), await ask(`${url}/stock/p5`)];
    const warehouse = 'BER-1';
    expect(full.body).toEqual({ productId: 'p1', available: 42, warehouse, leadTimeDays: 0 });
    expect(empty.body).toEqual({ productId: 'p5', available: 0, warehouse, leadTimeDays: 9 });
  });
});
