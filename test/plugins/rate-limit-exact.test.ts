import { describe, expect, test } from 'vitest';
import { type Asked, load, worstExcess } from '../helpers/http-load.ts';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { limited } from './limited.ts';

const MAX = 150;
const WINDOW_MS = 1_000;
const SPAN_MS = 4_000;
const CONNECTIONS = 64;

/** Asks all of `gateways`, which share what they count, for a while. */
async function underLoad(gateways: readonly object[]): Promise<readonly Asked[]> {
  const route = { a: { rateLimit: { max: MAX, window: `${WINDOW_MS}ms`, by: 'address' } } };
  const urls = await Promise.all(
    gateways.map(async (settings) => `${(await limited(route, { settings })).url}/a`),
  );
  const end = performance.now() + SPAN_MS;
  return load(urls, CONNECTIONS, () => performance.now() > end);
}

function expectExact(asked: readonly Asked[]): void {
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200, 429]));
  const admitted = asked.filter(({ status }) => status === 200);
  expect(worstExcess(admitted, MAX, WINDOW_MS)).toBeLessThanOrEqual(0);

  // From when something had been decided for certain, to when something was still asked.
  const first = Math.min(...asked.map(({ answeredAt }) => answeredAt));
  const last = Math.max(...asked.map(({ sentAt }) => sentAt));
  const due = MAX + (MAX * (last - first)) / WINDOW_MS;
  expect(admitted.length).toBeGreaterThanOrEqual(0.98 * due);
}

const NEVER_MORE = 'never admits more than N at once, nor N + N·t/W in any t, and 98 % of N per W';

describe('64 connections, counted in memory', () => {
  test(NEVER_MORE, async () => {
    expectExact(await underLoad([{}]));
  });
});

describeRedis('64 connections, counted in Redis', () => {
  // Long enough for a machine that runs other tests besides: none is to be let in for being late.
  const storeIn = (redis: string) => ({ store: { redis, onError: 'refuse', timeout: '5s' } });

  test(`by one gateway: ${NEVER_MORE}`, async () => {
    const { url } = await redisServer();
    expectExact(await underLoad([storeIn(url)]));
  });

  test(`by two gateways: ${NEVER_MORE}`, async () => {
    const { url } = await redisServer();
    expectExact(await underLoad([storeIn(url), storeIn(url)]));
  });
});
