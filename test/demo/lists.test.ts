import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { catalog } from '../../demo/services/catalog.ts';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { users } from '../../demo/services/users.ts';
import { ask, serve } from './shop.ts';

const idsOf = (body: unknown): string[] =>
  (
    body as { readonly items: readonly { readonly id?: string; readonly productId?: string }[] }
  ).items.map(({ id, productId }) => id ?? productId ?? '');

describe('lists by id', () => {
  test.each([
    ['products', catalog, '/products?ids=p9,p1,p25,p9'],
    ['stock', inventory, '/stock?ids=p9,p1,p25,p9'],
  ])(
    '%s come in the order of the ids, each once, without those that do not exist',
    async (_what, make, path) => {
      const { status, body } = await ask(`${await serve(make())}${path}`);
      expect([status, idsOf(body)]).toEqual([200, ['p9', 'p1']]);
    },
  );

  test.each([
    ['/products?ids=', catalog],
    [`/products?ids=${Array.from({ length: 51 }, (_, i) => `p${i}`).join()}`, catalog],
    ['/stock', inventory],
  ])('%s is refused', async (path, make) => {
    expect((await ask(`${await serve(make())}${path}`)).status).toBe(400);
  });
});

describe('pages', () => {
  test.each([
    ['/products?category=kitchen&limit=4', catalog, ['p7', 'p8', 'p9', 'p10', 'p11', 'p12']],
    ['/orders?customerId=u1&limit=2', orders, ['51', '42', '45']],
  ])('%s and what follows is all there is', async (path, make, all) => {
    const url = await serve(make());
    const first = idsOf((await ask(url + path)).body);
    const second = idsOf((await ask(`${url}${path}&after=${first.at(-1)}`)).body);
    expect([...first, ...second]).toEqual(all);
  });

  test('after something that is not listed there is none', async () => {
    expect((await ask(`${await serve(catalog())}/products?after=p99`)).status).toBe(400);
    expect((await ask(`${await serve(orders())}/orders?after=99`)).status).toBe(400);
  });
});

describe('files', () => {
  test.each([160, 640])('a picture is a PNG as wide as asked: %i', async (width) => {
    const url = await serve(catalog());
    const response = await fetch(`${url}/images/p1/side?width=${width}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-type')).toBe('image/png');
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([width, (width * 3) / 4]);
    const at = bytes.indexOf('IDAT');
    const rows = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
    expect(rows).toHaveLength(((width + 1) * width * 3) / 4);
  });

  test('a picture that is not there, or of another width, is refused', async () => {
    const url = await serve(catalog());
    const statuses = await Promise.all(
      ['p99/side', 'p1/back', 'p1/side?width=7'].map(
        async (each) => (await ask(`${url}/images/${each}`)).status,
      ),
    );
    expect(statuses).toEqual([404, 404, 400]);
  });

  test('an order has an invoice to download', async () => {
    const response = await fetch(`${await serve(orders())}/orders/42/invoice`);
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="invoice-42.txt"',
    );
    expect(await response.text()).toContain('3 × Folio dotted notebook');
  });

  test('a user has the picture that was put last', async () => {
    const url = `${await serve(users())}/users/u1/avatar`;
    expect((await ask(url)).status).toBe(404);
    const put = (type: string, body: string) =>
      fetch(url, { method: 'PUT', headers: { 'content-type': type }, body });
    expect((await put('image/png', 'picture')).status).toBe(204);
    const response = await fetch(url);
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'image/png',
      'picture',
    ]);
    expect((await put('image/gif', 'picture')).status).toBe(415);
    expect((await put('image/png', '')).status).toBe(400);
  });
});
