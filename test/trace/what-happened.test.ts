/** The trace of a signed request tells what really happened to it. */
import { describe, expect, test } from 'vitest';
import { defineBff, z } from '../../src/index.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { startTracing } from './tracing.ts';

const SECRET = 'a secret of at least thirty-two characters';
const DETERMINED = { breaker: { consecutive: 1 }, retry: { attempts: 2 } };

describe('a trace tells', () => {
  test('a forwarded request, its target and its times', async () => {
    const upstream = await startUpstream((_request, response) => response.end('hello'));
    const { traced } = await startTracing({
      config: {
        upstreams: { orders: { targets: [upstream] } },
        routes: { orders: { match: { path: '/orders/*' }, upstream: 'orders' } },
      },
    });
    const trace = await traced('/orders/7?token=hunter2');
    expect(trace).toMatchObject({
      generation: 1,
      method: 'GET',
      path: '/orders/7',
      route: 'orders',
      status: 200,
      bytesSent: 5,
    });
    expect(Date.parse(trace.at)).toBeGreaterThan(Date.now() - 60_000);
    const [call] = trace.calls;
    expect(call).toMatchObject({ purpose: 'forward', upstream: 'orders' });
    const [attempt] = call!.attempts;
    expect(attempt).toMatchObject({ target: upstream, path: '/orders/7', status: 200 });
    expect(attempt!.startMs).toBeGreaterThanOrEqual(call!.startMs);
    expect(attempt!.firstByteMs).toBeGreaterThanOrEqual(attempt!.connectMs!);
    expect(trace.totalMs).toBeGreaterThanOrEqual(attempt!.startMs + attempt!.firstByteMs!);
  });

  test('each attempt of a call that was retried', async () => {
    let asked = 0;
    const { traced } = await startTracing({
      config: {
        upstreams: { up: { retry: { attempts: 3 } } },
        routes: { all: { match: { path: '/*' }, upstream: 'up' } },
      },
      upstreams: { up: () => ({ status: (asked += 1) < 3 ? 503 : 200 }) },
    });
    const { status, calls } = await traced('/');
    expect(status).toBe(200);
    expect(calls[0]!.attempts.map((attempt) => attempt.status)).toEqual([503, 503, 200]);
  });

  test('when each attempt began, and when one failed', async () => {
    let asked = 0;
    const upstream = await startUpstream(({ socket }, response) => {
      asked += 1;
      if (asked === 1) socket.destroy();
      else response.end();
    });
    const { traced } = await startTracing({
      config: {
        upstreams: { up: { targets: [upstream], retry: { attempts: 2 } } },
        routes: { all: { match: { path: '/*' }, upstream: 'up' } },
      },
    });
    const { calls } = await traced('/');
    const [cut, answered] = calls[0]!.attempts;
    expect(cut).toMatchObject({ code: 'GW_UPSTREAM_RESET' });
    expect(cut!.failedMs).toBeGreaterThan(0);
    expect(answered).toMatchObject({ status: 200 });
    expect(answered).not.toHaveProperty('failedMs');
    expect(answered!.startMs).toBeGreaterThanOrEqual(cut!.startMs + cut!.failedMs!);
  });

  test('that a circuit is open, and no attempt was made', async () => {
    const { fetch, traced } = await startTracing({
      config: {
        upstreams: { up: DETERMINED },
        routes: { all: { match: { path: '/*' }, upstream: 'up' } },
      },
      upstreams: { up: () => ({ status: 503 }) },
    });
    await fetch('/');
    expect(await traced('/')).toMatchObject({
      status: 503,
      code: 'GW_CIRCUIT_OPEN',
      calls: [{ upstream: 'up', attempts: [] }],
    });
  });

  test('the part that an aggregate lacks, and why', async () => {
    const { traced } = await startTracing({
      config: {
        routes: {
          page: {
            match: { path: '/page' },
            aggregate: {
              book: { upstream: 'up', path: '/book', required: true },
              stock: { upstream: 'down', path: '/stock' },
            },
          },
        },
      },
      upstreams: {
        up: () => ({ body: { title: 'x' } }),
        down: () => Promise.reject(new Error('gone')),
      },
    });
    const { status, missing, calls } = await traced('/page');
    expect(status).toBe(200);
    expect(missing).toMatchObject([{ name: 'stock' }]);
    expect(calls.map(({ purpose, name, upstream }) => [purpose, name, upstream])).toEqual([
      ['part', 'book', 'up'],
      ['part', 'stock', 'down'],
    ]);
    expect(calls[0]).toMatchObject({ status: 200 });
    expect(calls[0]!.ms).toBeGreaterThanOrEqual(0);
    expect(calls[1]).toMatchObject({ code: expect.stringMatching(/^GW_/) as unknown });
  });

  test('the endpoint of a BFF, and each call that it made', async () => {
    const { traced } = await startTracing({
      bff: shop,
      upstreams: {
        catalog: () => ({ body: { name: 'tea' } }),
        stock: () => ({ body: { left: 3 } }),
      },
    });
    const trace = await traced('/items/7');
    expect(trace).toMatchObject({ status: 200, endpoint: '/items/:id' });
    expect(trace.calls.map(({ upstream }) => upstream).toSorted()).toEqual(['catalog', 'stock']);
  });

  test('who was admitted, but not the token', async () => {
    const { traced } = await startTracing(guarded());
    const token = hmacToken(SECRET, { iss: 'own', sub: 'ada', exp: now() + 60 });
    const trace = await traced('/', { headers: { authorization: `Bearer ${token}` } });
    expect(trace).toMatchObject({ status: 200, consumer: 'ada' });
    expect(JSON.stringify(trace)).not.toContain(token.slice(0, 10));
  });

  test('why a token was refused', async () => {
    const { traced } = await startTracing(guarded());
    const token = hmacToken(SECRET, { iss: 'own', sub: 'ada', exp: now() - 600 });
    expect(await traced('/', { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 401,
      code: 'GW_TOKEN_INVALID',
      cause: 'token-expired',
      calls: [],
    });
  });

  test('that no route matches, or that the path is not valid', async () => {
    const { traced } = await startTracing(guarded('/only/*'));
    expect(await traced('/none')).toMatchObject({
      route: 'unmatched',
      status: 404,
      code: 'GW_ROUTE_NOT_FOUND',
    });
    expect(await traced('/%zz')).toMatchObject({ status: 400, code: 'GW_REQUEST_INVALID' });
  });
});

const Item = z.object({
  name: z.object({ name: z.string() }),
  left: z.object({ left: z.number() }),
});

const shop = defineBff({ upstreams: ['catalog', 'stock'] }, (app) => {
  app.get('/items/:id', { schema: { response: { 200: Item } } }, (request) => {
    const { catalog, stock } = request.upstreams;
    return request.gather({
      name: catalog.get('/name', { schema: Item.shape.name }),
      left: stock.get('/left', { schema: Item.shape.left }),
    });
  });
});

const guarded = (path = '/*') => ({
  config: {
    plugins: {
      jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
    },
    routes: { all: { match: { path }, jwt: { issuer: 'own' }, upstream: 'up' } },
  },
  upstreams: { up: () => ({}) },
});
