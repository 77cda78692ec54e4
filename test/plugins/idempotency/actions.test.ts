/** Keys on routes whose answer is made of several calls, and during a reload. */
import { defineBff, z } from 'portico';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/core/errors.ts';
import type { FakeRequest } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { Keyed, keyed, who } from './keyed.ts';

const cut = (): never => {
  throw new GatewayError('GW_UPSTREAM_RESET', 'cut');
};

/** An order, and what is in stock. */
const aggregate = {
  order: { upstream: 'up', method: 'POST', path: '/orders', required: false },
  stock: { upstream: 'stock', path: '/stock', required: false },
};
const aggregated = (up: () => object, stock: () => object) =>
  keyed({
    upstreams: { up, stock },
    config: {
      upstreams: { up: { retry: false }, stock: { retry: false } },
      routes: {
        pay: { match: { path: '/pay', methods: ['POST'] }, who: {}, idempotency: {}, aggregate },
      },
    },
  });

describe('on an aggregate, a key', () => {
  test('has the whole answer', async () => {
    let made = 0;
    const gateway = await aggregated(
      () => ({ status: 201, body: { order: ++made } }),
      () => ({ body: 5 }),
    );
    const first = await gateway.pay({ key: 'k' });
    expect(JSON.parse(first.text)).toEqual({ order: { order: 1 }, stock: 5 });
    expect(await gateway.pay({ key: 'k' })).toMatchObject({ isReplayed: true, text: first.text });
    expect(gateway.gateway.seen).toHaveLength(2);
  });

  test('has an answer without an optional part that only reads, and says what it lacks', async () => {
    const gateway = await aggregated(() => ({ status: 201, body: 1 }), cut);
    expect((await gateway.pay({ key: 'k' })).headers.get('gateway-degraded')).not.toBeNull();
    const again = await gateway.pay({ key: 'k' });
    expect([again.isReplayed, again.headers.get('cache-control')]).toEqual([true, 'no-store']);
    expect(again.headers.get('gateway-degraded')).toContain('stock');
  });

  test('is unknown if nobody knows whether a part has written', async () => {
    const gateway = await aggregated(cut, () => ({ body: 5 }));
    expect((await gateway.pay({ key: 'k' })).status).toBe(200);
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
  });
});

test('an answer of a fallback leaves the key unknown', async () => {
  const gateway = await keyed({
    upstreams: { up: cut },
    route: { fallback: { respond: { status: 202, body: 'later' } } },
  });
  expect((await gateway.pay({ key: 'k' })).text).toBe('later');
  expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
});

test('what comes of a copy for a mirror does not matter to the key', async () => {
  const copied = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const gateway = await keyed({
    upstreams: {
      up: async () => {
        await answer.promise;
        return { status: 201, body: 'made' };
      },
      next: () => (copied.resolve(), cut()),
    },
    config: {
      upstreams: { up: { retry: false }, next: { retry: false } },
      routes: {
        pay: {
          match: { path: '/pay' },
          who: {},
          idempotency: {},
          upstream: 'up',
          mirror: { upstream: 'next', unsafe: true },
        },
      },
    },
  });
  const first = gateway.pay({ key: 'k' });
  await copied.promise;
  answer.resolve();
  expect((await first).status).toBe(201);
  expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(true);
});

const bff = defineBff({ upstreams: ['up'] }, (app) => {
  const schema = {
    body: z.object({ amount: z.number() }),
    response: { 201: z.object({ made: z.number() }), 422: z.object({ why: z.string() }) },
  };
  app.post('/pay', { schema }, async (request, reply) => {
    const { amount } = request.body;
    if (amount > 9) return reply.code(422).send({ why: 'too much' });
    const made = await request.upstreams.up.post('/orders', {
      body: { amount },
      schema: z.object({ made: z.number() }),
    });
    return reply.header('location', '/orders/1').code(201).send(made);
  });
});

describe('on a BFF, a key', () => {
  const mounted = async (up: (request: FakeRequest) => object) =>
    new Keyed(
      await startGateway({
        bff,
        plugins: [who],
        route: { who: {}, idempotency: {} },
        upstreams: { up },
        config: { admin: { port: 0 }, upstreams: { up: { retry: false } } },
      }),
    );

  test.each([
    [1, 201, '{"made":1}'],
    [10, 422, '{"why":"too much"}'],
  ])('has the answer of its endpoint for %i', async (amount, status, text) => {
    let made = 0;
    const gateway = await mounted(() => ({ body: { made: ++made } }));
    const body = JSON.stringify({ amount });
    expect(await gateway.pay({ key: 'k', body })).toMatchObject({ status, text });
    const again = await gateway.pay({ key: 'k', body });
    expect(again).toMatchObject({ status, text, isReplayed: true });
    expect(again.headers.get('location')).toBe(status === 201 ? '/orders/1' : null);
  });

  test('is free after an error before any call, and unknown after a call that was cut', async () => {
    const gateway = await mounted(cut);
    for (let i = 0; i < 2; i++) {
      expect((await gateway.pay({ key: 'k', body: '{}' })).status).toBe(400);
    }
    expect((await gateway.pay({ key: 'k' })).status).toBe(502);
    await expect
      .poll(async () => (await gateway.pay({ key: 'k' })).code)
      .toBe('GW_IDEMPOTENCY_UNKNOWN');
  });
});
