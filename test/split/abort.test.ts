/** A side whose calls fail or are slow is taken out, and stays out until somebody hands it back. */
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { manualClock } from '../helpers/clock.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { splitGateway, type SplitOptions } from './support.ts';

const aborting = (abort: object, more: object = {}) => [
  { upstream: 'old' },
  { upstream: 'new', weight: 100, abort: { errors: '10%', minimum: 10, ...abort }, ...more },
];
const PLAIN = { config: { defaults: { upstreams: { retry: false, breaker: false } } } };

/** All requests go to `new`, which behaves as given, until it is out. */
const gatewayOf = (up: FakeUpstream, abort: object = {}, options: SplitOptions = {}) =>
  splitGateway(aborting(abort), { ...PLAIN, ...options, upstreams: { new: up } });

const abortOf = ({ gateway }: Awaited<ReturnType<typeof gatewayOf>>) =>
  gateway.status().routes[0]!.sides![1]!.aborted?.why;

describe('a side that fails outright', () => {
  test('is out after the least number of calls, and its requests go to the first side', async () => {
    const { log, lines } = recordingLog();
    const gateway = await gatewayOf(() => ({ status: 500 }), {}, { log });
    expect(await gateway.sidesOf(13)).toEqual([
      ...Array.from({ length: 10 }, () => '500'),
      'old',
      'old',
      'old',
    ]);
    expect(abortOf(gateway)).toBe('10 of 10 calls in 60 s failed');
    const told = lines().filter(({ msg }) => msg === 'side of a split aborted');
    expect(told).toMatchObject([{ level: 40, route: 'shop', side: 'new' }]);
    expect(await gateway.metrics()).toMatch(
      /portico_split_aborted\{route="shop",upstream="new"\} 1[^]*/,
    );
  });

  test('costs its clients no more errors than its share', async () => {
    let drawn = 0;
    const gateway = await splitGateway(
      [{ upstream: 'old' }, { upstream: 'new', weight: 20, abort: { errors: '10%', minimum: 10 } }],
      {
        ...PLAIN,
        // 0.05, 0.15, 0.25 … 0.95: two of ten are of the side.
        random: () => (drawn++ % 10) / 10 + 0.05,
        upstreams: { new: () => ({ status: 502 }) },
      },
    );
    const sides = await gateway.sidesOf(100);
    expect(sides.filter((side) => side === '502')).toHaveLength(10);
    expect(sides.lastIndexOf('502')).toBe(41);
    expect(sides.slice(42)).toEqual(Array.from({ length: 58 }, () => 'old'));
  });

  test.each([
    ['an open circuit', { breaker: { consecutive: 2, open: '1h' } }],
    ['retries', { retry: { attempts: 2, backoff: '1ms' } }],
  ])('is out after as many calls as without %s', async (_what, options) => {
    const gateway = await gatewayOf(
      () => {
        throw new GatewayError('GW_UPSTREAM_CONNECT', 'down');
      },
      {},
      { config: { defaults: { upstreams: { retry: false, breaker: false, ...options } } } },
    );
    const sides = await gateway.sidesOf(12);
    expect(sides.map((side) => side === 'old')).toEqual([
      ...Array.from({ length: 10 }, () => false),
      true,
      true,
    ]);
  });

  test('also if it cuts its bodies', async () => {
    const up = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    });
    const gateway = await splitGateway(aborting({ minimum: 2 }), {
      config: { ...PLAIN.config, upstreams: { new: { targets: [up] } } },
      upstreams: { new: undefined },
    });
    for (let i = 0; i < 2; i++) await expect(gateway.sideOf()).rejects.toThrow();
    expect(await gateway.sideOf()).toBe('old');
  });
});

describe('a side stays in', () => {
  test('up to its limit of errors', async () => {
    let call = 0;
    const gateway = await gatewayOf(() => ({ status: call++ % 10 === 9 ? 503 : 200, body: 'new' }));
    expect((await gateway.sidesOf(50)).filter((side) => side === 'old')).toEqual([]);
    expect(abortOf(gateway)).toBeUndefined();
  });

  test.each([404, 429, 501])('whatever its clients do wrong: %i', async (status) => {
    const gateway = await gatewayOf(() => ({ status }));
    expect(new Set(await gateway.sidesOf(15))).toEqual(new Set([String(status)]));
  });

  test('if its clients leave', async () => {
    const gateway = await gatewayOf(() => new Promise(() => undefined), { minimum: 1 });
    for (let i = 0; i < 3; i++) {
      const leave = AbortSignal.timeout(30);
      await expect(gateway.fetch('/a', { signal: leave })).rejects.toThrow();
    }
    await expect.poll(() => gateway.gateway.status().inflight).toBe(0);
    expect(abortOf(gateway)).toBeUndefined();
  });

  test('while event streams last that began well', async () => {
    let status = 200;
    const up = await startUpstream((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/event-stream' });
      if (status === 200) response.write('data: x\n\n');
      else response.end();
    });
    const gateway = await splitGateway(aborting({ minimum: 5, errors: '20%' }), {
      config: { ...PLAIN.config, upstreams: { new: { targets: [up] } } },
      upstreams: { new: undefined },
    });
    const leave = new AbortController();
    for (let i = 0; i < 8; i++) {
      expect((await gateway.fetch('/a', { signal: leave.signal })).status).toBe(200);
    }
    status = 500;
    expect(await gateway.sidesOf(2)).toEqual(['500', '500']);
    expect(abortOf(gateway)).toBeUndefined();
    expect(await gateway.sidesOf(2)).toEqual(['500', 'old']);
    leave.abort();
  });

  test('if its failures are older than the window', async () => {
    const clock = manualClock();
    let status = 500;
    const gateway = await gatewayOf(() => ({ status, body: 'new' }), { window: '10s' }, { clock });
    await gateway.sidesOf(9);
    clock.advance(11_000);
    status = 200;
    await gateway.sidesOf(10);
    status = 500;
    expect(await gateway.sidesOf(1)).toEqual(['500']);
    expect(abortOf(gateway)).toBeUndefined();
    await gateway.sidesOf(1);
    expect(abortOf(gateway)).toBe('2 of 12 calls in 10 s failed');
  });
});

describe('a side that is compared with the first', () => {
  /** Half of the requests go to each side; the first gets every other one. */
  async function compared(old: FakeUpstream, up: FakeUpstream, minimum = 10) {
    let drawn = 0;
    return splitGateway(
      [
        { upstream: 'old', weight: 1 },
        { upstream: 'new', weight: 1, abort: { errors: '20%', relative: true, minimum } },
      ],
      { ...PLAIN, random: () => (drawn++ % 2 === 0 ? 0.9 : 0.1), upstreams: { old, new: up } },
    );
  }
  /** Of five calls, so many fail. */
  const failingOf = (share: number): FakeUpstream => {
    let call = 0;
    return () => ({ status: call++ % 5 < share ? 500 : 200 });
  };

  test('stays in with what fails at both', async () => {
    const gateway = await compared(failingOf(5), failingOf(5));
    await gateway.sidesOf(60);
    expect(abortOf(gateway)).toBeUndefined();
  });

  test('is out when it fails so much more often', async () => {
    const gateway = await compared(failingOf(1), failingOf(3));
    await gateway.sidesOf(60);
    expect(abortOf(gateway)).toMatch(
      /^\d+ of \d+ calls in 60 s failed, and \d+ of \d+ of the first side$/,
    );
  });

  test('is judged alone while the first has too few calls', async () => {
    const gateway = await splitGateway(
      [
        { upstream: 'old', weight: 0 },
        { upstream: 'new', weight: 1, abort: { errors: '20%', relative: true } },
      ],
      { ...PLAIN, upstreams: { new: failingOf(5) } },
    );
    await gateway.sidesOf(20);
    expect(abortOf(gateway)).toBe('20 of 20 calls in 60 s failed');
  });
});

describe('a side that is slow', () => {
  /** Answers each call once the clock has moved on by `ms`. */
  const slow =
    (clock: ReturnType<typeof manualClock>, timeOf: () => number): FakeUpstream =>
    () =>
      new Promise((resolve) => {
        const ms = timeOf();
        clock.after(ms, () => resolve({ body: 'new' }));
        setImmediate(() => clock.advance(ms));
      });

  test('is out once more than one call of twenty takes longer', async () => {
    const clock = manualClock();
    let call = 0;
    const gateway = await gatewayOf(
      slow(clock, () => (call++ % 20 === 0 ? 600 : 100)),
      { errors: undefined, latency: '500ms', minimum: 20 },
      { clock },
    );
    // 1 of 20 is what the 95th percentile allows.
    await gateway.sidesOf(20);
    expect(abortOf(gateway)).toBeUndefined();
    await gateway.sidesOf(1);
    expect(abortOf(gateway)).toBe('2 of 21 calls in 60 s failed or took longer than 500 ms');
  });

  test('is out if it answers nothing in time', async () => {
    const gateway = await gatewayOf(
      () => {
        throw new GatewayError('GW_UPSTREAM_TIMEOUT', 'late');
      },
      { errors: undefined, latency: '500ms' },
    );
    expect(await gateway.sidesOf(11)).toEqual([...Array.from({ length: 10 }, () => '504'), 'old']);
  });
});

describe('a side that is out', () => {
  const failing = { new: () => ({ status: 500 }) };

  test('gets nobody, neither who is sticky nor who asks for it', async () => {
    const when = { headers: { 'x-canary': '1' } };
    const gateway = await splitGateway(aborting({ minimum: 1 }, { when }), {
      ...PLAIN,
      route: { sticky: 'cookie:sid' },
      upstreams: failing,
    });
    expect(await gateway.sideOf({ cookie: 'sid=1' })).toBe('500');
    expect(await gateway.sideOf({ cookie: 'sid=1' })).toBe('old');
    expect(await gateway.sideOf({ 'x-canary': '1' })).toBe('old');
  });

  test('leaves the clients of other sides where they are', async () => {
    let drawn = 0;
    const gateway = await splitGateway(
      [
        { upstream: 'old', weight: 60 },
        { upstream: 'new', weight: 20, abort: { errors: '0%', minimum: 1 } },
        { upstream: 'beta', weight: 20 },
      ],
      { ...PLAIN, random: () => (drawn++ % 5) / 5 + 0.1, upstreams: failing },
    );
    expect(await gateway.sidesOf(5)).toEqual(['beta', '500', 'old', 'old', 'old']);
    expect(await gateway.sidesOf(5)).toEqual(['beta', 'old', 'old', 'old', 'old']);
    expect(gateway.gateway.status().routes[0]!.sides).toMatchObject([
      { upstream: 'old', weight: 60, share: 0.8 },
      { upstream: 'new', weight: 20, share: 0 },
      { upstream: 'beta', weight: 20, share: 0.2 },
    ]);
  });

  test('comes back when an operator hands it back, and is judged anew', async () => {
    let status = 500;
    const gateway = await gatewayOf(() => ({ status, body: 'new' }));
    await gateway.sidesOf(10);
    expect(await gateway.sideOf()).toBe('old');
    status = 200;
    const answer = await gateway.order({ side: 'new', state: 'auto', reason: 'fixed' });
    expect(await answer.json()).toEqual({
      route: 'shop',
      sides: [
        { upstream: 'old', weight: 0, share: 0 },
        { upstream: 'new', weight: 100, share: 1 },
      ],
    });
    expect(await gateway.sideOf()).toBe('new');
    status = 500;
    expect(await gateway.sidesOf(9)).toEqual(Array.from({ length: 9 }, () => '500'));
    expect(await gateway.sideOf()).toBe('old');
  });

  test('is not judged by calls that were made before it came back', async () => {
    const late = Promise.withResolvers<{ status: number }>();
    let calls = 0;
    const gateway = await gatewayOf(
      () => (calls++ === 0 ? late.promise : { status: 200, body: 'new' }),
      { minimum: 1, errors: '0%' },
    );
    const first = gateway.sideOf();
    await expect.poll(() => calls).toBe(1);
    await gateway.order({ side: 'new', state: 'aborted' });
    await gateway.order({ side: 'new', state: 'auto' });
    late.resolve({ status: 500 });
    expect(await first).toBe('500');
    expect(await gateway.sideOf()).toBe('new');
  });
});
