import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { definePlugin, defineBff, GatewayError, optional, withHeader, z } from '../../src/index.ts';
import { manualClock, testBff, testGateway } from '../../src/testing.ts';

const Params = z.strictObject({ id: z.string() });
const Item = z.object({ id: z.string(), price: z.number().nullable() });

const bff = defineBff({ upstreams: ['catalog', 'prices'] }, (app) => {
  app.get(
    '/items/:id',
    { schema: { params: Params, response: { 200: Item } } },
    async (request) => {
      const { catalog, prices } = request.upstreams;
      const path = { id: request.params.id };
      const { item, price } = await request.gather({
        item: catalog.get<{ id: string }>('/items/{id}', { path }),
        price: optional(prices.get<{ amount: number }>('/prices/{id}', { path }), null),
      });
      return { id: item.id, price: price?.amount ?? null };
    },
  );
  app.post('/items', { schema: { response: { 200: Item } } }, async (request) => {
    const sent = await request.run(
      request.upstreams.catalog.post<{ id: string }>('/items', { body: { name: 'lamp' } }),
    );
    return { ...sent, price: null };
  });
});

const stamp = definePlugin({
  name: 'stamp',
  settings: z.strictObject({ header: z.string().default('x-stamp') }),
  options: z.strictObject({ text: z.string() }),
  register: ({ header }) => ({
    route: ({ text }) => ({
      policy: () => (next) => (call) => next(withHeader(call, header, text)),
    }),
  }),
});

const upstreams = {
  catalog: () => ({ body: { id: '7' } }),
  prices: () => ({ body: { amount: 3 } }),
};

describe('testBff', () => {
  const ask = async (tables: Parameters<typeof testBff<'catalog' | 'prices'>>[1]) => {
    await using gateway = await testBff(bff, tables);
    const response = await gateway.fetch('/items/7');
    return [response.status, await response.json()];
  };

  test('takes tables of answers, the most exact key first, and functions', async () => {
    const expected = [200, { id: '7', price: 3 }];
    expect(
      await ask({ catalog: { '/items/7': { id: '7' } }, prices: { '/prices/7': { amount: 3 } } }),
    ).toEqual(expected);
    expect(
      await ask({
        catalog: { 'GET /items/7': () => ({ body: { id: '7' } }), '/items/7': { id: 'other' } },
        prices: () => ({ body: { amount: 3 } }),
      }),
    ).toEqual(expected);
  });

  test('answers 404 for what is left out', async () => {
    expect(await ask({ catalog: { '/items/7': { id: '7' } } })).toEqual([
      200,
      { id: '7', price: null },
    ]);
    expect(await ask({})).toMatchObject([404, {}]);
  });
});

describe('testGateway', () => {
  test('tests a BFF without a config', async () => {
    await using gateway = await testGateway({ bff, upstreams });
    const response = await gateway.fetch('/items/7');
    expect([response.status, await response.json()]).toEqual([200, { id: '7', price: 3 }]);
    expect(gateway.seen.map(({ upstream, method, path }) => [upstream, method, path])).toEqual([
      ['catalog', 'GET', '/items/7'],
      ['prices', 'GET', '/prices/7'],
    ]);
  });

  test('writes the stack of a bug to standard error, and nothing else', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    await using gateway = await testGateway({
      bff,
      upstreams: { ...upstreams, catalog: () => ({ status: 500 }) },
    });
    expect((await gateway.fetch('/items/7')).status).toBe(502);
    expect(write.mock.calls).toEqual([]);
    // The handler takes for granted that there is a body.
    const catalog = (): object => ({});
    await using wrong = await testGateway({ bff, upstreams: { ...upstreams, catalog } });
    expect((await wrong.fetch('/items/7')).status).toBe(500);
    const lines = write.mock.calls.map(([text]) => JSON.parse(String(text)) as unknown);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: 'bug',
        endpoint: '/items/:id',
        err: expect.objectContaining({ stack: expect.any(String) as string }) as object,
      }),
    ]);
  });

  test('tells what a BFF sends', async () => {
    await using gateway = await testGateway({ bff, upstreams });
    await gateway.fetch('/items', { method: 'POST' });
    const [sent] = gateway.seen;
    expect(await sent?.json()).toEqual({ name: 'lamp' });
    expect(await sent?.text()).toBe('{"name":"lamp"}');
    expect(sent?.headers['content-type']).toBe('application/json');
  });

  test('refuses an upstream of the BFF that is not there, by its name', async () => {
    const { catalog } = upstreams;
    await expect(testGateway({ bff, upstreams: { catalog } })).rejects.toThrow(
      /the module calls the upstream "prices", which is not defined/,
    );
  });

  test('tests a plugin on a route that forwards to the only upstream', async () => {
    await using gateway = await testGateway({
      plugins: [stamp],
      route: { stamp: { text: 'hello' } },
      upstreams: { api: () => ({ status: 204 }) },
    });
    expect((await gateway.fetch('/any')).status).toBe(204);
    expect(gateway.seen[0]?.headers['x-stamp']).toBe('hello');
  });

  test('gives plugins their settings, on the routes of a config and of a BFF', async () => {
    await using gateway = await testGateway({
      bff,
      plugins: [stamp],
      route: { match: { path: '/shop/*' }, stamp: { text: 'a' } },
      config: {
        plugins: { stamp: { header: 'x-other' } },
        routes: { raw: { match: { path: '/raw' }, upstream: 'prices', stamp: { text: 'b' } } },
      },
      upstreams,
    });
    await gateway.fetch('/shop/items', { method: 'POST' });
    await gateway.fetch('/raw');
    expect(gateway.seen.map(({ headers }) => headers['x-other'])).toEqual(['a', 'b']);
  });

  test('refuses options that the plugin does not know', async () => {
    const route = { stamp: { txet: 'hello' } };
    await expect(
      testGateway({ plugins: [stamp], route, upstreams: { api: () => ({}) } }),
    ).rejects.toThrow(/routes\.test\.stamp\.txet: unknown key; did you mean "text"\?/);
  });

  test('refuses a plugin with the name of a built-in one', async () => {
    const cors = { ...stamp, name: 'cors' };
    await expect(testGateway({ bff, plugins: [cors], upstreams })).rejects.toThrow(
      'the plugin "cors" is built in',
    );
  });

  test.each([
    [{}, 'add one to `upstreams`'],
    [upstreams, 'say `route: { upstream: … }`'],
  ])('asks for the upstream of a route if there is not just one', async (fakes, hint) => {
    await expect(testGateway({ upstreams: fakes })).rejects.toThrow(hint);
  });

  test('moves a clock instead of waiting', async () => {
    const clock = manualClock();
    const asked = Promise.withResolvers<void>();
    await using gateway = await testGateway({
      clock,
      config: { upstreams: { api: { timeout: '5m', deadline: '10m', retry: false } } },
      upstreams: {
        api: () => {
          asked.resolve();
          return new Promise(() => {});
        },
      },
    });
    const response = gateway.fetch('/slow');
    await asked.promise;
    clock.advance(300_000);
    expect((await response).status).toBe(504);
  });

  test('reads the body that a client sends on, once or more often', async () => {
    await using gateway = await testGateway({
      upstreams: {
        api: async (request) => ({ body: [await request.text(), await request.json()] }),
      },
    });
    const response = await gateway.fetch('/', { method: 'POST', body: '{"a":1}' });
    expect(await response.json()).toEqual(['{"a":1}', { a: 1 }]);
    expect(await gateway.seen[0]?.text()).toBe('{"a":1}');
  });

  test('sees each attempt of a call', async () => {
    let calls = 0;
    await using gateway = await testGateway({
      upstreams: {
        api: () => {
          calls += 1;
          if (calls === 1) throw new GatewayError('GW_UPSTREAM_RESET', 'broken off');
          return { body: 'again' };
        },
      },
    });
    expect(await (await gateway.fetch('/')).text()).toBe('again');
    expect(gateway.seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('is closed when its block ends', async () => {
    let url = '';
    {
      await using gateway = await testGateway({ upstreams: { api: () => ({}) } });
      url = gateway.url;
    }
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
