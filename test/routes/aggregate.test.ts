import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { composing } from './composing.ts';

const never: FakeUpstream = () => new Promise(() => {});
const failing =
  (status: number): FakeUpstream =>
  () => ({ status, body: { secret: 'of theirs' } });
const throwing =
  (code: ConstructorParameters<typeof GatewayError>[0]): FakeUpstream =>
  () => {
    throw new GatewayError(code, 'why');
  };

describe('parts', () => {
  test('are called in parallel and merged under their names', async () => {
    let open = 0;
    const together: FakeUpstream = async ({ path }) => {
      open += 1;
      // Answers only once the other one has been called.
      await expect.poll(() => open).toBe(2);
      return { body: { path } };
    };
    const { fetch } = await composing({ a: {}, b: {} }, { a: together, b: together });

    const response = await fetch('/1');

    expect(await response.json()).toEqual({ a: { path: '/a' }, b: { path: '/b' } });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(response.headers.get('cache-control')).toBeNull();
  });

  test('wait for those they refer to, and for no others', async () => {
    const calls: string[] = [];
    const { fetch } = await composing(
      {
        customer: { path: '/users/{order.customer.id}' },
        order: { path: '/orders/{id}' },
        free: {},
      },
      {
        customer: ({ path }) => {
          calls.push(path);
          return { body: { name: 'Ada' } };
        },
        order: async ({ path }) => {
          await expect.poll(() => calls).toContain('/free');
          calls.push(path);
          return { body: { customer: { id: 'u 1' } } };
        },
        free: ({ path }) => {
          calls.push(path);
          return { body: 0 };
        },
      },
    );

    expect(await (await fetch('/7')).json()).toEqual({
      customer: { name: 'Ada' },
      order: { customer: { id: 'u 1' } },
      free: 0,
    });
    expect(calls).toEqual(['/free', '/orders/7', '/users/u%201']);
  });

  test('that are referred to by several are called once', async () => {
    let calls = 0;
    const { fetch } = await composing(
      { one: { path: '/{base.id}' }, two: { path: '/{base.id}' }, base: {} },
      {
        base: () => {
          calls += 1;
          return { body: { id: 1 } };
        },
        one: () => ({ body: 1 }),
        two: () => ({ body: 2 }),
      },
    );
    await fetch('/1');
    expect(calls).toBe(1);
  });

  test('keep only what they pick, in lists too; what is absent stays absent', async () => {
    const { fetch } = await composing(
      { a: { pick: ['id', 'card.last4', 'lines.name', 'none.at.all'] } },
      {
        a: () => ({
          body: {
            id: 1,
            secret: 2,
            card: { last4: '42', number: '1234' },
            lines: [{ name: 'x', price: 1 }, { name: 'y' }, 3],
          },
        }),
      },
    );
    expect(await (await fetch('/1')).json()).toEqual({
      a: { id: 1, card: { last4: '42' }, lines: [{ name: 'x' }, { name: 'y' }] },
    });
  });

  test.each([
    '{ "id": 9007199254740993, "price": 1.10 }',
    // The default output of PHP and Python.
    String.raw`{ "id": 9007199254740993, "name": "caf\u00e9", "\u00e9t\u00e9" : "constructor" }`,
  ])('are sent as they came if taken whole, with all digits of numbers: %s', async (text) => {
    const { fetch } = await composing({ a: {}, b: {} }, { a: () => ({ body: text }) });
    expect(await (await fetch('/1')).text()).toBe(`{"a":${text},"b":${text}}`);
  });

  test('lose keys that could reach a prototype, however they are written', async () => {
    const { fetch } = await composing(
      { a: {}, b: {} },
      {
        a: () => ({ body: '{"__proto__":{"x":1},"y":[{"constructor":2}]}' }),
        b: () => ({ body: String.raw`{"\u005f_proto__":{"x":1},"z":"\u00e9"}` }),
      },
    );
    expect(await (await fetch('/1')).text()).toBe('{"a":{"y":[{}]},"b":{"z":"é"}}');
  });

  test.each<readonly [string, RequestListener]>([
    ['204', (_request, response) => response.writeHead(204).end()],
    ['no length', (_request, response) => response.writeHead(200, { 'content-length': 0 }).end()],
    // Over HTTP/2 no field need say so.
    [
      'no chunk',
      (_request, response) => {
        response.flushHeaders();
        response.end();
      },
    ],
  ])('that answer with nothing are null: %s', async (_how, listener) => {
    const nothing = await startUpstream(listener);
    const { fetch } = await startGateway({
      config: {
        upstreams: { nothing: { targets: [nothing] } },
        routes: {
          all: {
            match: { path: '/' },
            aggregate: { a: { upstream: 'nothing', path: '/' }, b: { upstream: 'one', path: '/' } },
          },
        },
      },
      upstreams: { one: () => ({ body: 1 }) },
    });
    const response = await fetch('/');
    expect([response.status, await response.json()]).toEqual([200, { a: null, b: 1 }]);
  });

  test('cannot reach a prototype', async () => {
    const { fetch } = await composing(
      { a: {} },
      {
        a: () => ({
          body: '{"__proto__":{"admin":true},"x":{"constructor":1,"\\u005f_proto__":2}}',
        }),
      },
    );
    expect(await (await fetch('/1')).text()).toBe('{"a":{"x":{}}}');
  });
});

describe('an optional part that fails', () => {
  const upstreamOptions = { bulkhead: { concurrency: 1, queue: 0 }, retry: false };

  test.each<readonly [string, object, FakeUpstream, string]>([
    ['has no answer in time', { timeout: '50ms' }, never, 'timeout'],
    ['answers 404', {}, failing(404), 'not-found'],
    ['answers 500', {}, failing(500), 'status-500'],
    ['answers 302', {}, failing(302), 'status-302'],
    ['answers no JSON', {}, () => ({ body: '<html>' }), 'invalid'],
    ['answers too much', { maxBody: '10B' }, () => ({ body: 'x'.repeat(50) }), 'invalid'],
    [
      'is not decoded',
      {},
      () => ({ body: '{}', headers: { 'content-encoding': 'gzip' } }),
      'invalid',
    ],
    ['cannot be reached', {}, throwing('GW_UPSTREAM_CONNECT'), 'unreachable'],
    ['is cut off', {}, throwing('GW_UPSTREAM_RESET'), 'unreachable'],
    ['is full', {}, throwing('GW_BULKHEAD_FULL'), 'overloaded'],
    ['is not called any more', {}, throwing('GW_CIRCUIT_OPEN'), 'circuit-open'],
    [
      'meets a bug',
      {},
      () => {
        throw new TypeError('bug');
      },
      'error',
    ],
  ])('and %s is left out, and named', async (_what, part, upstream, reason) => {
    const { fetch } = await startGateway({
      config: {
        upstreams: { sick: upstreamOptions },
        routes: {
          all: {
            match: { path: '/' },
            aggregate: {
              well: { upstream: 'well', path: '/', required: true },
              sick: { upstream: 'sick', path: '/', ...part },
            },
          },
        },
      },
      upstreams: { well: () => ({ body: 1 }), sick: upstream },
    });

    const response = await fetch('/');

    expect([response.status, await response.json()]).toEqual([200, { well: 1 }]);
    expect(response.headers.get('gateway-degraded')).toBe(`sick;reason=${reason}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('gets its default, and parts that wait for it fail too', async () => {
    const { fetch } = await composing(
      {
        a: { default: { status: 'unknown' } },
        b: { path: '/{a.id}', default: null },
        c: { path: '/{a.id}' },
        d: {},
      },
      { a: failing(503), b: () => ({ body: 1 }), c: () => ({ body: 1 }), d: () => ({ body: 4 }) },
    );

    const response = await fetch('/1');

    expect(await response.json()).toEqual({ a: { status: 'unknown' }, b: null, d: 4 });
    expect(response.headers.get('gateway-degraded')).toBe(
      'a;reason=status-503, b;reason=status-503, c;reason=status-503',
    );
  });

  test('fails alone if a value of another part cannot stand in its path', async () => {
    const { fetch } = await composing(
      { a: { required: true }, b: { path: '/{a.id}' }, c: { path: '/{a.none}' } },
      { a: () => ({ body: { id: '..' } }), b: () => ({ body: 1 }), c: () => ({ body: 1 }) },
    );
    const response = await fetch('/1');
    expect([response.status, await response.json()]).toEqual([200, { a: { id: '..' } }]);
    expect(response.headers.get('gateway-degraded')).toBe('b;reason=invalid, c;reason=no-value');
  });
});

describe('minimum', () => {
  test.each([
    [undefined, 2, 502],
    [undefined, 1, 200],
    [0, 2, 200],
    [2, 1, 502],
  ])('%s, with %i of two parts failed, is %i', async (minimum, failed, status) => {
    const { fetch } = await composing(
      { a: {}, b: {} },
      { a: failing(500), b: failed === 2 ? failing(500) : () => ({ body: 1 }) },
      minimum === undefined ? {} : { aggregation: { minimum } },
    );
    const response = await fetch('/1');
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain('secret');
  });
});
