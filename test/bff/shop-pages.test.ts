import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { demoShop } from './demo-shop.ts';

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly next?: string;
}

const pageOf = async (response: Response): Promise<Page> => (await response.json()) as Page;
const idsOf = ({ items }: Page): string[] => items.map(({ id }) => id);

describe('lists', () => {
  test('of mobile go on after the last row', async () => {
    const { ask } = await demoShop();
    const first = await pageOf(await ask('/mobile/orders?limit=2'));
    expect([idsOf(first), first.next]).toEqual([['51', '42'], '42']);
    const second = await pageOf(await ask(`/mobile/orders?limit=2&after=${first.next}`));
    expect([idsOf(second), second.next]).toEqual([['45'], undefined]);
  });

  test('of web say where the next page is', async () => {
    const { ask } = await demoShop();
    const ids: string[] = [];
    let path: string | undefined = '/web/products?category=office&limit=4';
    while (path !== undefined) {
      const page: Page = await pageOf(await ask(path));
      ids.push(...idsOf(page));
      path = page.next;
    }
    expect(ids).toEqual(['p19', 'p20', 'p21', 'p22', 'p23', 'p24']);
    const orders = await pageOf(await ask('/web/orders?limit=1'));
    expect(orders.next).toBe('/web/orders?limit=1&after=51');
  });

  test('of web ask for all stock at once', async () => {
    const { ask, calls } = await demoShop();
    await ask('/web/products');
    expect(calls()).toEqual([
      'GET catalog/products?limit=25',
      `GET inventory/stock?ids=${Array.from({ length: 24 }, (_each, i) => `p${i + 1}`).join()}`,
    ]);
  });
});

describe('pictures', () => {
  test('of mobile are the next larger one, and never large', async () => {
    const { ask, calls } = await demoShop();
    const sizes = [];
    for (const width of [100, 320, 500, 4_000]) {
      const response = await ask(`/mobile/products/p1/image?width=${width}`);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(response.headers.get('cache-control')).toBe('public, max-age=86400');
      sizes.push((await response.arrayBuffer()).byteLength);
    }
    expect(calls()).toEqual(
      [160, 320, 640, 640].map((width) => `GET catalog/images/p1/front?width=${width}`),
    );
    expect(sizes[3]! / sizes[0]!).toBeGreaterThan(5);
  });

  test('of web are as wide as the page says', async () => {
    const { ask } = await demoShop();
    const { product } = (await (await ask('/web/products/p1')).json()) as {
      readonly product: {
        readonly pictures: readonly {
          readonly srcset: readonly { src: string; width: number }[];
        }[];
      };
    };
    const all = product.pictures.flatMap(({ srcset }) => srcset);
    expect(all).toHaveLength(12);
    for (const { src, width } of all.slice(-4)) {
      const bytes = Buffer.from(await (await ask(src)).arrayBuffer());
      expect(bytes.readUInt32BE(16)).toBe(width);
    }
  });
});

describe('the web shop', () => {
  test('remembers the theme that was chosen', async () => {
    const { ask } = await demoShop();
    const themeOf = async (cookie?: string) =>
      (
        (await (
          await ask('/web/home', cookie === undefined ? {} : { headers: { cookie } })
        ).json()) as { readonly theme: string }
      ).theme;
    expect(await themeOf()).toBe('system');
    const chosen = await ask('/web/theme', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"theme":"dark"}',
    });
    expect([chosen.status, chosen.headers.get('set-cookie')]).toEqual([
      204,
      'theme=dark; Max-Age=31536000; Path=/web; SameSite=Lax',
    ]);
    expect(await themeOf('theme=dark')).toBe('dark');
    expect(await themeOf('theme=<script>')).toBe('system');
  });

  test('leads from a purchase to the order, for the customer of the token', async () => {
    const { ask } = await demoShop();
    const buy = (productId: string) =>
      ask('/web/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ lines: [{ productId, quantity: 2 }] }),
      });
    const bought = await buy('p2');
    expect([bought.status, bought.headers.get('location')]).toEqual([303, '/web/orders/1000']);
    const page = await ask('/web/orders/1000');
    expect(page.headers.get('gateway-degraded')).toBe(
      'payment;reason=not-found, reservation;reason=not-found',
    );
    expect(await page.json()).toMatchObject({
      order: { total: { amount: 13_800, text: '€138.00' } },
      payment: null,
    });
    const refused = await buy('p99');
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { type: 'https://shop.example/problems/not-sold' },
    ]);
  });

  test('has the invoice of an order', async () => {
    const { ask } = await demoShop();
    const response = await ask('/web/orders/42/invoice');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="invoice-42.txt"',
    );
    expect(await response.text()).toContain('334.00 EUR');
  });

  test('keeps the picture of a customer, and says what is none', async () => {
    const { ask } = await demoShop();
    const put = (type: string, body = 'picture') =>
      ask('/web/account/picture', { method: 'PUT', headers: { 'content-type': type }, body });
    expect((await put('image/png')).status).toBe(204);
    const kept = await ask('/web/account/picture');
    expect([kept.headers.get('content-type'), await kept.text()]).toEqual(['image/png', 'picture']);
    expect((await ask('/web/account/picture', {}, 'u2')).status).toBe(404);
    const large = await put('image/png', 'x'.repeat(600_000));
    expect([large.status, await codeOf(large)]).toEqual([413, 'GW_BODY_TOO_LARGE']);
    const refused = await put('image/gif');
    expect([refused.status, await refused.json()]).toMatchObject([
      415,
      { detail: 'use PNG, JPEG or WebP' },
    ]);
  });

  test('says when a product was bought last', async () => {
    const { ask } = await demoShop();
    const lastOf = async (id: string) =>
      ((await (await ask(`/web/products/${id}`)).json()) as { readonly lastBought: unknown })
        .lastBought;
    expect(await lastOf('p8')).toMatchObject({ orderId: '45', text: 'October 9, 2026' });
    expect(await lastOf('p2')).toBeNull();
  });
});
