import { describe, expect, test } from 'vitest';
import { defineBff, GatewayError, optional, z } from '../../src/index.ts';
import { type FakeUpstream, testBff } from '../../src/testing.ts';
import { codeOf } from '../gateway/support/gateway.ts';

const Product = z.object({ id: z.string(), seller: z.string() });
const Seller = z.object({ name: z.string() });
const Page = z.object({ product: Product, seller: Seller.nullable(), similar: z.array(Product) });

/** The seller is known only once the product is; what is similar is asked for meanwhile. */
const shop = defineBff({ upstreams: ['catalog', 'users'] }, (app) => {
  app.get('/page', { schema: { response: { 200: Page } } }, async (request) => {
    const { catalog, users } = request.upstreams;
    const product = catalog.get('/p1', { schema: Product });
    return request.gather({
      seller: optional(async () => {
        const { seller } = await product;
        return users.get('/users/{seller}', { path: { seller }, schema: Seller });
      }, null),
      product,
      similar: ['p2', 'p3'].map((id) => catalog.get('/{id}', { path: { id }, schema: Product })),
    });
  });
});

const product: FakeUpstream = ({ path }) => ({ body: { id: path.slice(1), seller: 'u1' } });

describe('a step of a gather', () => {
  test('awaits another part, which is called once, beside the rest', async () => {
    await using gateway = await testBff(shop, {
      catalog: product,
      users: { '/users/u1': { name: 'Ada' } },
    });
    const response = await gateway.fetch('/page');
    expect(await response.json()).toEqual({
      product: { id: 'p1', seller: 'u1' },
      seller: { name: 'Ada' },
      similar: [
        { id: 'p2', seller: 'u1' },
        { id: 'p3', seller: 'u1' },
      ],
    });
    expect(gateway.seen.map(({ path }) => path)).toEqual(['/p1', '/p2', '/p3', '/users/u1']);
  });

  test('that is optional and fails is named as the gather names it', async () => {
    await using gateway = await testBff(shop, { catalog: product, users: () => ({ status: 500 }) });
    const response = await gateway.fetch('/page');
    expect(await response.json()).toMatchObject({ seller: null });
    expect(response.headers.get('gateway-degraded')).toBe('seller;reason=status-500');
  });

  test('fails with the required part that it awaits', async () => {
    await using gateway = await testBff(shop, {
      catalog: (request) => (request.path === '/p1' ? { status: 404 } : product(request)),
    });
    const response = await gateway.fetch('/page');
    expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
  });

  test('may gather, too; what it calls ends with the gather that it belongs to', async () => {
    const ended = Promise.withResolvers<Error>();
    const asked = Promise.withResolvers<void>();
    const bff = defineBff({ upstreams: ['a', 'b'] }, (app) => {
      app.get('/', { schema: { response: { 200: z.string() } } }, async (request) => {
        const { a, b } = request.upstreams;
        await request.gather({
          deep: async () => {
            await Promise.resolve();
            return request.gather({ deeper: () => b.get('/slow') });
          },
          failing: a.get('/no'),
        });
        return 'never';
      });
    });
    await using gateway = await testBff(bff, {
      a: async () => {
        await asked.promise;
        return { status: 409 };
      },
      b: ({ signal }) => {
        signal.listen({ onCancel: ended.resolve });
        asked.resolve();
        return new Promise<never>(() => {});
      },
    });
    const response = await gateway.fetch('/');
    expect(response.status).toBe(502);
    expect(await ended.promise).toMatchObject({
      message: 'no longer needed: another part failed',
    });
  });

  test('that throws an error of the gateway is that error', async () => {
    const bff = defineBff({ upstreams: [] }, (app) => {
      app.get('/', { schema: { response: { 200: z.string() } } }, async (request) => {
        await request.gather({
          check: () => {
            throw new GatewayError('GW_GONE', 'no longer sold');
          },
        });
        return 'never';
      });
    });
    await using gateway = await testBff(bff);
    expect((await gateway.fetch('/')).status).toBe(410);
  });

  test('awaits an optional part: that is named once, as the gather names it', async () => {
    const bff = defineBff({ upstreams: ['stock'] }, (app) => {
      app.get('/', { schema: { response: { 200: z.array(z.int()) } } }, async (request) => {
        const left = optional(request.upstreams.stock.get<number>('/left'), 0);
        const { half, whole } = await request.gather({
          half: async () => (await left) / 2,
          whole: left,
        });
        return [half, whole];
      });
    });
    await using gateway = await testBff(bff, { stock: () => ({ status: 503 }) });
    const response = await gateway.fetch('/');
    expect(await response.json()).toEqual([0, 0]);
    expect(response.headers.get('gateway-degraded')).toBe('whole;reason=status-503');
  });
});

describe('gather', () => {
  const answers = (work: (request: never) => Promise<unknown>) =>
    defineBff({ upstreams: ['a'] }, (app) => {
      app.get('/', { schema: { response: { 200: z.unknown() } } }, (request) =>
        work(request as never),
      );
    });
  type Asking = {
    readonly upstreams: { readonly a: { get(path: string): never } };
    gather(what: unknown): Promise<unknown>;
  };

  test.each<[string, (request: Asking) => Promise<unknown>]>([
    ['a part without a name', (request) => request.gather(request.upstreams.a.get('/'))],
    ['a promise in a list', (request) => request.gather([Promise.reject(new Error('lost'))])],
    ['text', (request) => request.gather({ a: 'text' })],
    ['nothing', (request) => request.gather(undefined)],
  ])('refuses %s, and says what to give it', async (_what, work) => {
    const logged: unknown[] = [];
    const quiet = () => undefined;
    const log = {
      level: 'error',
      silent: quiet,
      trace: quiet,
      debug: quiet,
      info: quiet,
      warn: quiet,
      fatal: quiet,
      error: (line: unknown) => logged.push(line),
    };
    await using gateway = await testBff(
      answers(work),
      { a: () => ({ body: 1 }) },
      {
        log: { ...log, child: () => log } as never,
      },
    );
    expect((await gateway.fetch('/')).status).toBe(500);
    expect(logged).toMatchObject([
      { err: { message: expect.stringMatching(/await it|give it/) as string } },
    ]);
  });

  test('of nothing is nothing', async () => {
    const bff = defineBff({ upstreams: [] }, (app) => {
      app.get('/', { schema: { response: { 200: z.array(z.int()) } } }, async (request) => {
        const none = await request.gather({});
        return [...(await request.gather([])), Object.keys(none).length];
      });
    });
    await using gateway = await testBff(bff);
    expect(await (await gateway.fetch('/')).json()).toEqual([0]);
  });
});
