import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/core/errors.ts';
import type { FakeAnswer } from '../../../src/testing.ts';
import { manualClock } from '../../helpers/clock.ts';
import { keyed } from './keyed.ts';

/** Answers 201 with a number that grows with each payment. */
function payments(more: Omit<FakeAnswer, 'status'> = {}) {
  let made = 0;
  return () => {
    made += 1;
    return { status: 201, body: { payment: made }, ...more };
  };
}

describe('a request with an idempotency key', () => {
  test('is carried out once, and repeated ones get its answer', async () => {
    const up = payments({
      headers: { location: '/payments/1', 'x-other': 'a', 'set-cookie': 'a=b' },
    });
    const gateway = await keyed({ upstreams: { up } });
    const first = await gateway.pay({ key: 'k-1' });
    expect([first.status, first.text, first.isReplayed]).toEqual([201, '{"payment":1}', false]);
    expect(first.headers.get('x-other')).toBe('a');
    const again = await gateway.pay({ key: 'k-1' });
    expect([again.status, again.text, again.isReplayed]).toEqual([201, '{"payment":1}', true]);
    expect(again.headers.get('content-type')).toBe('application/json');
    expect(again.headers.get('location')).toBe('/payments/1');
    expect([again.headers.get('x-other'), again.headers.get('set-cookie')]).toEqual([null, null]);
    expect(gateway.gateway.seen).toHaveLength(1);
    expect(gateway.gateway.seen[0]?.headers['idempotency-key']).toBe('k-1');
    expect(await gateway.counts()).toEqual({ kept: 1, replayed: 1 });
  });

  test('may write its key as a string of structured fields, or bare', async () => {
    const gateway = await keyed({ upstreams: { up: payments() } });
    await gateway.pay({ key: '"k-1"' });
    expect((await gateway.pay({ key: 'k-1' })).isReplayed).toBe(true);
  });

  test.each(['""', 'a b', 'a, b', '"a', 'x'.repeat(256), 'é'])(
    'is 400 if the key is %j',
    async (key) => {
      const gateway = await keyed({ upstreams: { up: payments() } });
      const answer = await gateway.pay({ key });
      expect([answer.status, answer.code]).toEqual([400, 'GW_IDEMPOTENCY_KEY']);
      expect(gateway.gateway.seen).toEqual([]);
      expect(await gateway.counts()).toEqual({ invalid: 1 });
    },
  );

  test('needs one where the route requires it', async () => {
    const gateway = await keyed({ idempotency: { required: true }, upstreams: { up: payments() } });
    expect((await gateway.pay()).code).toBe('GW_IDEMPOTENCY_KEY');
    expect((await gateway.pay({ method: 'GET' })).status).toBe(201);
  });

  test.each([
    ['another body', { body: '{"amount":2}' }],
    ['another query', { path: '/pay?a=1' }],
    ['another content type', { headers: { 'content-type': 'application/json; a=b' } }],
    ['another method', { method: 'PATCH' }],
  ])('is 422 if its key was used with %s', async (_what, other) => {
    const gateway = await keyed({ upstreams: { up: payments() } });
    await gateway.pay({ key: 'k-1' });
    const answer = await gateway.pay({ key: 'k-1', ...other });
    expect([answer.status, answer.code]).toEqual([422, 'GW_IDEMPOTENCY_MISMATCH']);
    expect(gateway.gateway.seen).toHaveLength(1);
  });

  test('has nothing to do with the same key of another consumer, or on another route', async () => {
    const gateway = await keyed({
      upstreams: { up: payments() },
      config: {
        routes: Object.fromEntries(
          ['/pay', '/other'].map((path) => [
            path.slice(1),
            { match: { path }, who: {}, upstream: 'up', idempotency: {} },
          ]),
        ),
      },
    });
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"payment":1}');
    expect((await gateway.pay({ key: 'k', who: 'bob' })).text).toBe('{"payment":2}');
    expect((await gateway.pay({ key: 'k', path: '/other' })).text).toBe('{"payment":3}');
  });

  test('is 401 if nobody says whose the key is', async () => {
    const gateway = await keyed({ upstreams: { up: payments() } });
    expect((await gateway.pay({ key: 'k', who: '' })).code).toBe('GW_TOKEN_MISSING');
    expect((await gateway.pay({ who: '' })).status).toBe(201);
  });

  test('is 409 while the first one runs', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<FakeAnswer>();
    const up = () => (asked.resolve(), answer.promise);
    const gateway = await keyed({ upstreams: { up } });
    const first = gateway.pay({ key: 'k' });
    await asked.promise;
    const second = await gateway.pay({ key: 'k' });
    expect([second.status, second.code]).toEqual([409, 'GW_IDEMPOTENCY_RUNNING']);
    expect(second.headers.get('retry-after')).toBe('1');
    answer.resolve({ body: 'done' });
    expect((await first).text).toBe('done');
    expect((await gateway.pay({ key: 'k' })).text).toBe('done');
  });

  test('is forgotten after keep', async () => {
    const clock = manualClock();
    const gateway = await keyed({
      clock,
      idempotency: { keep: '2h' },
      upstreams: { up: payments() },
    });
    await gateway.pay({ key: 'k' });
    clock.advance(7_199_000);
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"payment":1}');
    clock.advance(1_001);
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"payment":2}');
  });

  test('passes with its key untouched if its method is not listed', async () => {
    const gateway = await keyed({ upstreams: { up: payments() } });
    for (const method of ['PUT', 'DELETE', 'GET']) {
      await gateway.pay({ key: 'k', method });
      expect((await gateway.pay({ key: 'k', method })).isReplayed).toBe(false);
    }
    expect(gateway.gateway.seen).toHaveLength(6);
  });
});

describe('the answer', () => {
  test.each([200, 204, 302, 400, 404, 409, 422])('with %i is kept', async (status) => {
    const gateway = await keyed({ upstreams: { up: () => ({ status }) } });
    await gateway.pay({ key: 'k' });
    const again = await gateway.pay({ key: 'k' });
    expect([again.status, again.isReplayed, gateway.gateway.seen.length]).toEqual([
      status,
      true,
      1,
    ]);
  });

  test.each([401, 408, 425, 429])('with %i frees the key', async (status) => {
    const gateway = await keyed({ upstreams: { up: () => ({ status }) } });
    await gateway.pay({ key: 'k' });
    const again = await gateway.pay({ key: 'k' });
    expect([again.status, again.isReplayed, gateway.gateway.seen.length]).toEqual([
      status,
      false,
      2,
    ]);
    expect(await gateway.counts()).toEqual({ freed: 2 });
  });

  test('of an upstream where the first request still runs frees the key', async () => {
    const up = () => ({ status: 409, headers: { 'retry-after': '1' } });
    const gateway = await keyed({ upstreams: { up } });
    await gateway.pay({ key: 'k' });
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(false);
  });

  test.each([500, 502, 503, 504])('with %i makes the outcome unknown', async (status) => {
    const gateway = await keyed({ upstreams: { up: () => ({ status }) } });
    expect((await gateway.pay({ key: 'k' })).status).toBe(status);
    const again = await gateway.pay({ key: 'k' });
    expect([again.status, again.code]).toEqual([409, 'GW_IDEMPOTENCY_UNKNOWN']);
    expect(gateway.gateway.seen).toHaveLength(1);
    expect(await gateway.counts()).toEqual({ unknown: 1, refused: 1 });
  });

  test('is sent again where onUnknown says so, and then it is kept', async () => {
    let status = 503;
    const up = () => ({ status, body: { status } });
    const gateway = await keyed({ idempotency: { onUnknown: 'retry' }, upstreams: { up } });
    await gateway.pay({ key: 'k' });
    status = 201;
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"status":201}');
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(true);
    expect((await gateway.pay({ key: 'k', body: 'other' })).code).toBe('GW_IDEMPOTENCY_MISMATCH');
  });

  test('that never came makes the outcome unknown, unless nothing was sent', async () => {
    let error = new GatewayError('GW_UPSTREAM_CONNECT', 'refused');
    const up = (): FakeAnswer => {
      throw error;
    };
    const gateway = await keyed({ upstreams: { up } });
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_UPSTREAM_CONNECT');
    error = new GatewayError('GW_UPSTREAM_RESET', 'cut');
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_UPSTREAM_RESET');
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
    expect(await gateway.counts()).toEqual({ freed: 1, unknown: 1, refused: 1 });
  });

  test('stays unknown if a repetition was not sent', async () => {
    let error = new GatewayError('GW_UPSTREAM_RESET', 'cut');
    const up = (): FakeAnswer => {
      throw error;
    };
    const gateway = await keyed({ idempotency: { onUnknown: 'retry' }, upstreams: { up } });
    await gateway.pay({ key: 'k' });
    error = new GatewayError('GW_UPSTREAM_CONNECT', 'refused');
    await gateway.pay({ key: 'k' });
    expect((await gateway.pay({ key: 'k', body: 'other' })).code).toBe('GW_IDEMPOTENCY_MISMATCH');
  });

  test('of more than 256 KiB is passed on, and not kept', async () => {
    const body = 'x'.repeat(262_145);
    const gateway = await keyed({ upstreams: { up: () => ({ body }) } });
    expect((await gateway.pay({ key: 'k' })).text).toBe(body);
    const again = await gateway.pay({ key: 'k' });
    expect([again.code, again.text]).toEqual([
      'GW_IDEMPOTENCY_UNKNOWN',
      expect.stringContaining('it was answered, but its answer was not kept'),
    ]);
    const kept = await keyed({ upstreams: { up: () => ({ body: body.slice(1) }) } });
    await kept.pay({ key: 'k' });
    expect(await kept.pay({ key: 'k' })).toMatchObject({ isReplayed: true, text: body.slice(1) });
  });

  test('passes the other plugins of the route each time, as if it came from the upstream', async () => {
    const gateway = await keyed({
      upstreams: { up: payments({ headers: { link: '<a>' } }) },
      route: {
        headers: { response: { add: { link: '<b>' }, set: { 'x-set': 'c' } } },
        compress: { minimum: '1B' },
        cors: { origins: ['http://page.test'] },
      },
    });
    for (const isReplayed of [false, true]) {
      const answer = await gateway.pay({ key: 'k', headers: { origin: 'http://page.test' } });
      expect(answer).toMatchObject({ isReplayed, text: '{"payment":1}' });
      const { headers } = answer;
      expect([headers.get('link'), headers.get('x-set')]).toEqual(['<a>, <b>', 'c']);
      expect(headers.get('access-control-allow-origin')).toBe('http://page.test');
      expect(headers.get('access-control-expose-headers')?.toLowerCase()).toContain(
        'idempotency-replayed',
      );
    }
  });
});
