/** Clients typed by OpenAPI documents: what compiles, and what does not. */
import { describe, expect, test } from 'vitest';
import { apis, defineBff, z } from 'portico';
import type { paths as Catalog } from '../../bff/types/catalog.d.ts';
import type { paths as Orders } from '../../bff/types/orders.d.ts';
import type { paths as Users } from '../../bff/types/users.d.ts';
import { startGateway } from '../gateway/support/gateway.ts';

const product = { id: 'p1', name: 'Chair', price: 100 };

/** Each line with an `@ts-expect-error` is one that the compiler must refuse. */
const bff = defineBff(
  {
    upstreams: ['catalog', 'orders', 'users', 'free'],
    apis: apis<{ catalog: Catalog; orders: Orders; users: Users }>(),
  },
  (app) => {
    const schema = { response: { 200: z.object({ name: z.string(), price: z.int() }) } };
    app.get('/products/:id', { schema }, async (request) => {
      const { catalog } = request.upstreams;
      // Without a schema, the document tells the type.
      const { name, price } = await catalog.get('/products/{id}', { path: { id: 'p1' } });
      return { name, price };
    });

    app.get('/never', { schema }, async (request) => {
      const { catalog, orders, users, free } = request.upstreams;
      const path = { id: 'p1' };
      const page = await catalog.get('/products', { query: { limit: 3 } });
      const total: number = page.total;
      const text: { readonly price: string } = await catalog.get('/products/{id}', {
        path,
        numbers: 'text',
      });
      const checked: { readonly price: number } = await catalog.get('/products/{id}', {
        path,
        schema: z.object({ price: z.int() }),
      });
      // @ts-expect-error -- no such path
      await catalog.get('/product/{id}', { path });
      // @ts-expect-error -- no such operation
      await catalog.post('/products', {});
      // @ts-expect-error -- no such parameter in the path
      await catalog.get('/products/{id}', { path: { ident: 'p1' } });
      // @ts-expect-error -- a path without its parameter
      await catalog.get('/products/{id}');
      // @ts-expect-error -- no such parameter in the query
      await catalog.get('/products', { query: { max: 3 } });
      // @ts-expect-error -- a parameter of another type
      await catalog.get('/products', { query: { limit: 'three' } });
      // @ts-expect-error -- no such field
      await catalog.get('/products/{id}', { path }).then(({ title }) => title);
      // @ts-expect-error -- a schema of what the upstream does not answer
      await catalog.get('/products/{id}', { path, schema: z.object({ title: z.string() }) });
      // @ts-expect-error -- a schema of another type
      await catalog.get('/products/{id}', { path, schema: z.object({ price: z.string() }) });
      // @ts-expect-error -- a body with something missing
      await orders.post('/orders', { body: { lines: [] } });
      // @ts-expect-error -- opened: no such path
      await catalog.open('/image/{id}', { path });
      // @ts-expect-error -- opened: a path without its parameter
      await orders.open('/orders/{id}/invoice');
      // @ts-expect-error -- opened: a parameter of another value
      await catalog.open('/images/{id}/{view}', { path: { ...path, view: 'back' } });
      // @ts-expect-error -- opened: no such operation
      await catalog.open('/products', { method: 'POST' });
      await orders.open('/orders/{id}/invoice', { path, method: 'HEAD', conditional: true });
      // @ts-expect-error -- JSON for a picture
      await users.put('/users/{id}/avatar', { path, body: { width: 1 } });
      await users.put('/users/{id}/avatar', { path, body: Buffer.from('') });
      // What may be left out may be undefined, and nothing else.
      await catalog.get('/products', { query: { limit: undefined } });
      // @ts-expect-error -- a parameter of the path
      await catalog.get('/products/{id}', { path: { id: undefined } });
      await free.get('/whatever', { query: { anything: 1 } });
      return { name: text.price, price: total + checked.price };
    });
  },
);

describe('a client typed by its document', () => {
  test('is the same at run time', async () => {
    const { fetch, seen } = await startGateway({
      bff,
      upstreams: {
        catalog: () => ({ body: product }),
        orders: () => ({}),
        users: () => ({}),
        free: () => ({}),
      },
    });
    const response = await fetch('/products/p1');
    expect(await response.json()).toEqual({ name: 'Chair', price: 100 });
    expect(seen).toMatchObject([{ path: '/products/p1' }]);
  });

  test('types only upstreams that the BFF names', () => {
    const wrong = () =>
      // @ts-expect-error -- not one of its upstreams
      defineBff({ upstreams: ['orders'], apis: apis<{ catalog: Catalog }>() }, () => undefined);
    expect(wrong).toBeTypeOf('function');
  });

  test('has batches between paths of its document alone', () => {
    const options = { upstreams: ['catalog'], apis: apis<{ catalog: Catalog }>() } as const;
    const list = { list: '/products', parameter: 'ids', items: 'items' } as const;
    const good = defineBff(
      { ...options, batch: { catalog: { '/products/{id}': list } } },
      () => undefined,
    );
    const noPath = { '/product/{id}': list };
    const noList = { '/products/{id}': { ...list, list: '/product' } } as const;
    const noParameter = { '/products/{id}': { ...list, parameter: 'id' } } as const;
    // @ts-expect-error -- no such path
    defineBff({ ...options, batch: { catalog: noPath } }, () => undefined);
    // @ts-expect-error -- no such list
    defineBff({ ...options, batch: { catalog: noList } }, () => undefined);
    // @ts-expect-error -- a list without such a parameter
    defineBff({ ...options, batch: { catalog: noParameter } }, () => undefined);
    expect(good.batches.size).toBe(1);
  });
});
