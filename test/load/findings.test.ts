import { describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { Exposition } from '../../src/load/exposition.ts';
import { findingsIn } from '../../src/load/findings.ts';
import { hintFor } from '../../src/load/hints.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import type { UpstreamGauges } from '../../src/observe/state-gauges.ts';

const gauges = (name: string, state: Partial<UpstreamGauges>): UpstreamGauges => ({
  name,
  circuit: 'closed',
  slotsUsed: 0,
  slots: 128,
  queued: 0,
  isPanicking: false,
  targets: [],
  ...state,
});

/** What is found where `during` happens between the readings. */
async function found(during: (metrics: Metrics) => void, states: readonly UpstreamGauges[] = []) {
  const metrics = new Metrics(() => states);
  metrics.countError('orders', 'GW_RATE_LIMITED');
  metrics.observeAttempt('orders', 'http://a', '200', 9);
  const before = await metrics.text();
  during(metrics);
  const after = await metrics.text();
  return findingsIn({
    before,
    after,
    upstreams: [{ name: 'orders', targets: [], concurrency: 4 }],
  });
}

describe('findings', () => {
  test('count what was added, not what was there before', async () => {
    expect(await found(() => {})).toEqual({ refusals: [], upstreams: [], notices: [] });
  });

  test('name refusals by code, cause and route, the most frequent first', async () => {
    const { refusals } = await found((metrics) => {
      metrics.countError('unmatched', 'GW_ROUTE_NOT_FOUND');
      for (let i = 0; i < 3; i++) metrics.countError('orders', 'GW_TOKEN_INVALID', 'token-expired');
    });
    expect(refusals).toMatchObject([
      { code: 'GW_TOKEN_INVALID', status: 401, cause: 'token-expired', route: 'orders', count: 3 },
      { code: 'GW_ROUTE_NOT_FOUND', status: 404, count: 1 },
    ]);
    expect(refusals[1]).not.toHaveProperty('route');
  });

  test('tell what an upstream answered, how fast, and what it holds', async () => {
    const states = [
      gauges('orders', { slotsUsed: 4, queued: 2, circuit: 'open' }),
      gauges('idle', {}),
    ];
    const { upstreams } = await found((metrics) => {
      metrics.observeAttempt('orders', 'http://a', '200', 0.01);
      metrics.observeAttempt('orders', 'http://b', 'GW_UPSTREAM_RESET', 0.03);
      metrics.countRetry('orders', 'reset');
    }, states);
    expect(upstreams).toEqual([
      {
        name: 'orders',
        attempts: { 200: 1, GW_UPSTREAM_RESET: 1 },
        meanMs: expect.closeTo(20) as unknown,
        retries: 1,
        slotsUsed: 4,
        slots: 4,
        waiting: 2,
        circuit: 'open',
        slotsGivenUp: 0,
        hint: expect.stringContaining('upstreams.orders.breaker') as unknown,
      },
    ]);
  });

  test('name the bulkhead where calls wait, and nothing where they do not', async () => {
    const hintWith = async (queued: number) =>
      (await found(() => {}, [gauges('orders', { slotsUsed: 4, queued })])).upstreams[0]?.hint;
    expect(await hintWith(2)).toContain('upstreams.orders.bulkhead.concurrency');
    expect(await hintWith(0)).toBeUndefined();
  });

  test('name what else was counted, and the key of a limit of connections', async () => {
    const { notices } = await found((metrics) => {
      metrics.countRefusedConnection('address');
      metrics.countFallback('orders', 'timeout');
      metrics.countDegradedPart('summary', 'overloaded');
    });
    expect(notices.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(notices[0]?.hint).toContain('server.limits.connectionsPerAddress');
    expect(notices.map(({ text }) => text).join()).toMatch(/orders .*timeout.*summary.*overloaded/);
  });

  test('speak of the one upstream that was called, and of no other by a guess', () => {
    const hint = (upstream: string) => hintFor('GW_BULKHEAD_FULL', { route: 'orders', upstream });
    expect(hint('orders')).toContain('upstreams.orders.bulkhead');
    expect(hint('<name>')).toContain('upstreams.<name>.bulkhead');
  });

  test('have a hint for every limit of the gateway', () => {
    const limits: ErrorCode[] = [
      'GW_RATE_LIMITED',
      'GW_OVERLOADED',
      'GW_BULKHEAD_FULL',
      'GW_CIRCUIT_OPEN',
    ];
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter(
      (code) => limits.includes(code) || [413, 414, 431, 504].includes(ERRORS[code].status),
    );
    const without = codes.filter(
      (code) => hintFor(code, { route: 'r', upstream: 'u' }) === undefined,
    );
    expect(without).toEqual([]);
  });
});

describe('an exposition', () => {
  test('has labels with commas, quotes and braces as they were', () => {
    const text =
      'a_total{x="1,2}",y="say \\"hi\\"\\n\\\\"} 3\n# HELP a_total no\nnot a line\na_total 4';
    const exposition = Exposition.read(text);
    expect(exposition.of('a_total').map(({ labels }) => labels)).toEqual([
      { x: '1,2}', y: 'say "hi"\n\\' },
      {},
    ]);
    expect(exposition.total('a_total')).toBe(7);
    expect(exposition.total('a_total', { x: '1,2}' })).toBe(3);
  });

  test('counts a series that is new from 0', () => {
    const [before, after] = ['a{x="1"} 5', 'a{x="1"} 7\na{x="2"} 3'].map((text) =>
      Exposition.read(text),
    );
    expect(after!.since(before!).total('a')).toBe(5);
  });
});
