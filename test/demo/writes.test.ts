/** What the services change: once for each Idempotency-Key, whatever is repeated, and undone by it. */
import { describe, expect, test } from 'vitest';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { shipping } from '../../demo/services/shipping.ts';
import { type Answer, ask, serve } from './shop.ts';

const NOW = Date.UTC(2026, 11, 1, 12);
const now = () => NOW;
const TO = { street: 'Lindenstraße 12', city: 'Berlin', postcode: '10969', country: 'DE' };

/** Without a body it is sent as the gateway sends it: with no content type either. */
function send(method: string, url: string, key?: string, body?: unknown): Promise<Answer> {
  const headers = {
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return ask(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

describe('a key', () => {
  const charge = { orderId: '1000', amount: 17_900, currency: 'EUR' };

  test('has one effect, and its answer each time', async () => {
    const url = `${await serve(payments({ now }))}/payments`;
    const first = await send('POST', url, 'k', charge);
    expect(first).toMatchObject({ status: 201, body: { id: 'pay-1000', status: 'captured' } });
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    // In quotes it is the same one, as RFC 8941 has it.
    const again = await send('POST', url, '"k"', charge);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await send('POST', url, 'other', charge)).toMatchObject({
      status: 409,
      body: { error: 'conflict', message: 'order "1000" has its payment' },
    });
  });

  test('keeps a refusal, but not a request that makes no sense', async () => {
    const url = `${await serve(inventory({ now }))}/reservations`;
    const reserve = (quantity: number) => ({
      orderId: '1000',
      lines: [{ productId: 'p3', quantity }],
    });
    expect((await send('POST', url, 'k', {})).status).toBe(400);
    const refused = {
      status: 409,
      body: { error: 'conflict', message: '7 of product "p3" are wanted, 6 are there' },
    };
    expect(await send('POST', url, 'k', reserve(7))).toMatchObject(refused);
    expect(await send('POST', url, 'k', reserve(7))).toMatchObject(refused);
  });

  test('of another request is refused with 422', async () => {
    const url = await serve(payments());
    await send('POST', `${url}/payments`, 'k', charge);
    const other = { status: 422, body: { error: 'key_reused' } };
    const more = { ...charge, amount: 1 };
    expect(await send('POST', `${url}/payments`, 'k', more)).toMatchObject(other);
    expect(await send('POST', `${url}/refunds`, 'k', { paymentKey: 'k' })).toMatchObject(other);
  });

  test.each([undefined, '', 'k'.repeat(256)])('is needed: not %j', async (key) => {
    const url = `${await serve(payments())}/payments`;
    expect(await send('POST', url, key, charge)).toMatchObject({ status: 400 });
  });

  test('may be left out where orders are placed', async () => {
    const url = `${await serve(orders())}/orders`;
    const order = { customerId: 'u1', lines: [{ productId: 'p1', quantity: 1 }] };
    const idOf = async (key?: string) =>
      ((await send('POST', url, key, order)).body as { readonly id: string }).id;
    expect([await idOf(), await idOf(), await idOf('k'), await idOf('k')]).toEqual([
      '1000',
      '1001',
      '1002',
      '1002',
    ]);
  });
});

describe('a reservation', () => {
  const wanted = { orderId: '1000', lines: [{ productId: 'p3', quantity: 6, name: 'left out' }] };

  test('takes pieces from the stock, and gives them back by its key', async () => {
    const url = await serve(inventory({ now }));
    const stock = async () => (await ask(`${url}/stock/p3`)).body;
    const before = await stock();
    expect(await send('POST', `${url}/reservations`, 'r', wanted)).toMatchObject({
      status: 201,
      body: {
        orderId: '1000',
        status: 'reserved',
        warehouse: 'BER-1',
        lines: [{ productId: 'p3', quantity: 6 }],
        expiresAt: '2026-12-15T12:00:00.000Z',
      },
    });
    expect(await stock()).toMatchObject({ available: 0, leadTimeDays: 9 });
    const release = () => send('DELETE', `${url}/reservations/by-key/r`, 'r:undo');
    expect([(await release()).status, (await release()).status]).toEqual([204, 204]);
    expect(await stock()).toEqual(before);
    const { body } = await ask(`${url}/reservations/order/1000`);
    expect(body).toMatchObject({ status: 'released' });
  });

  test('counts a product that is in several lines, and takes nothing if one is missing', async () => {
    const url = await serve(inventory());
    const line = (productId: string, quantity: number) => ({ productId, quantity });
    const lines = [line('p1', 1), line('p3', 4), line('p3', 3)];
    const answer = await send('POST', `${url}/reservations`, 'r', { orderId: '1000', lines });
    expect(answer.status).toBe(409);
    expect((await ask(`${url}/stock/p1`)).body).toMatchObject({ available: 42 });
  });

  test('released once is gone, and an unknown one is not found', async () => {
    const url = await serve(inventory());
    await send('POST', `${url}/reservations`, 'r', wanted);
    const release = (key: string, undo: string) =>
      send('DELETE', `${url}/reservations/by-key/${key}`, undo);
    expect((await release('r', '1')).status).toBe(204);
    expect((await release('r', '2')).status).toBe(410);
    expect((await release('s', '3')).status).toBe(404);
    // The goods may be reserved anew.
    expect((await send('POST', `${url}/reservations`, 's', wanted)).status).toBe(201);
    // The old key is not the new one's.
    expect((await release('r', '4')).status).toBe(410);
    expect((await ask(`${url}/reservations/order/1000`)).body).toMatchObject({
      status: 'reserved',
    });
  });

  test('of an initial order is there already', async () => {
    const url = await serve(inventory());
    const answer = await send('POST', `${url}/reservations`, 'r', { ...wanted, orderId: '51' });
    expect(answer).toMatchObject({ status: 409, body: { error: 'conflict' } });
  });
});

test('a card is declined above its limit, and a charge is refunded by its key, once', async () => {
  const url = await serve(payments({ now }));
  const charge = { orderId: '1000', amount: 500_001, currency: 'EUR' };
  expect(await send('POST', `${url}/payments`, 'a', charge)).toMatchObject({
    status: 402,
    body: { error: 'declined', message: "500001 is above the card's limit of 500000" },
  });
  await send('POST', `${url}/payments`, 'b', { ...charge, amount: 500_000 });
  const refund = (undo: string, paymentKey = 'b') =>
    send('POST', `${url}/refunds`, undo, { paymentKey });
  expect(await refund('1')).toMatchObject({ status: 200, body: { status: 'refunded' } });
  expect((await refund('1')).status).toBe(200);
  expect((await refund('2')).status).toBe(410);
  expect((await refund('3', 'a')).status).toBe(404);
  expect((await ask(`${url}/payments/order/1000`)).body).toMatchObject({ status: 'refunded' });
});

test('a parcel holds 20 pieces, and a shipment is cancelled by its key, once', async () => {
  const url = await serve(shipping({ now }));
  const book = (key: string, ...quantities: readonly number[]) => {
    const lines = quantities.map((quantity) => ({ productId: 'p1', quantity }));
    const body = { orderId: '1000', from: 'BER-1', to: TO, lines };
    return send('POST', `${url}/shipments`, key, body);
  };
  expect(await book('a', 20, 1)).toMatchObject({
    status: 422,
    body: { error: 'refused', message: '21 pieces: a parcel holds 20' },
  });
  expect(await book('b', 19, 1)).toMatchObject({
    status: 201,
    body: { id: 'ship-1000', status: 'booked', pieces: 20, bookedAt: '2026-12-01T12:00:00.000Z' },
  });
  expect((await book('c', 1)).status).toBe(409);
  const cancel = (undo: string) => send('DELETE', `${url}/shipments/by-key/b`, undo);
  expect([(await cancel('1')).status, (await cancel('2')).status]).toEqual([204, 410]);
  expect((await ask(`${url}/shipments/order/1000`)).body).toMatchObject({ status: 'cancelled' });
});

test('an order is confirmed or cancelled while it is only placed', async () => {
  const url = await serve(orders());
  const change = (what: string, id: string, key: string) =>
    send('POST', `${url}/${what}/${id}`, key);
  expect(await change('confirmations', '51', '1')).toMatchObject({ body: { status: 'packed' } });
  expect(await change('cancellations', '51', '2')).toMatchObject({
    status: 409,
    body: { message: 'order "51" is packed' },
  });
  expect(await change('cancellations', '52', '3')).toMatchObject({ body: { status: 'cancelled' } });
  expect((await change('cancellations', '52', '3')).status).toBe(200);
  expect((await change('confirmations', '53', '4')).status).toBe(404);
});

test('an order is shown to its own customer, if one is named', async () => {
  const url = await serve(orders());
  const status = async (query: string) => (await ask(`${url}/orders/42${query}`)).status;
  expect([await status(''), await status('?customerId=u1')]).toEqual([200, 200]);
  expect([await status('?customerId=u2'), await status('?customerId=')]).toEqual([404, 404]);
});
