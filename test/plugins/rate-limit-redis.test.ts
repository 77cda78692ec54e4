import { Writable } from 'node:stream';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type Ask, GcraMemory } from '../../plugins/rate-limit/gcra.ts';
import { giveBackScript, takeScript } from '../../plugins/rate-limit/gcra-script.ts';
import { bound } from '../helpers/figures.ts';
import { load } from '../helpers/http-load.ts';
import { describeRedis, redisServer, type RedisServer } from '../helpers/redis-server.ts';
import { limited } from './limited.ts';

const TIMEOUT_MS = 100;
/** What the gateway and its client may add. */
const LATE_MS = bound(400, 1_000);

async function clientOf({ url }: RedisServer): Promise<Redis> {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

describeRedis('the script', () => {
  /** The time of day, in µs, comes last among the arguments: tests move it. */
  const TIME = 'tonumber(ARGV[#ARGV])';

  test('decides as the memory does, whatever is asked, when, and given back', async () => {
    const client = await clientOf(await redisServer());
    // Long windows: nothing expires by the clock of Redis while a sequence runs.
    const limit = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      max: fc.integer({ min: 1, max: 60 }),
      windowMs: fc.integer({ min: 1_200_000, max: 3_600_000 }),
      cost: fc.integer({ min: 0, max: 3 }),
      isBinding: fc.boolean(),
    });
    const step = fc.record({
      asks: fc.uniqueArray(limit, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }),
      gapMs: fc.integer({ min: 0, max: 200_000 }),
      isGivenBack: fc.boolean(),
    });
    let run = 0;
    const sequence = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      run += 1;
      let now = 1_800_000_000_000;
      const memory = new GcraMemory(() => now);
      for (const { asks, gapMs, isGivenBack } of steps) {
        now += gapMs;
        // A key has one limit, as its name says.
        const named: Ask[] = asks.map((ask) => ({
          ...ask,
          key: `${run} ${ask.key} ${ask.max}/${ask.windowMs}`,
        }));
        const keys = named.map(({ key }) => key);
        const args = named.flatMap((ask) => [ask.max, ask.windowMs, ask.cost, +ask.isBinding]);
        const us = now * 1_000;
        const answer = await client.eval(takeScript(TIME), keys.length, ...keys, ...args, us);
        const [, ...told] = answer as number[];
        const taken = memory.takeAll(named);
        for (const [i, { allowed, remaining, resetMs }] of taken.entries()) {
          const [isAllowed, left, resetUs = 0] = told.slice(i * 3, i * 3 + 3);
          expect([isAllowed === 1, left]).toEqual([allowed, remaining]);
          expect(Math.abs(resetUs / 1_000 - resetMs)).toBeLessThan(0.01);
        }
        if (!isGivenBack || !taken.every(({ allowed }) => allowed)) continue;
        now += 60_000;
        memory.giveBack(named, taken);
        const back = named.flatMap(({ max, windowMs, cost }, i) => [
          (windowMs / max) * cost,
          us,
          taken[i]!.resetMs,
        ]);
        await client.eval(giveBackScript(TIME), keys.length, ...keys, ...back, now * 1_000);
      }
    });
    await fc.assert(sequence, { numRuns: 150 });
  });
});

/** A gateway that counts in `redis`, with the lines of its log. */
async function counting(
  redis: Pick<RedisServer, 'url'>,
  onError: string,
  rateLimit: object = EIGHT,
) {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const settings = {
    store: { redis: redis.url, onError, timeout: `${TIMEOUT_MS}ms`, prefix: 'test:' },
  };
  const log = pino({ level: 'info' }, sink);
  const gateway = await limited({ a: { rateLimit } }, { settings, log });
  const told = (what: string) => lines.filter((line) => line.includes(what));
  const errors = () => gateway.metric('portico_rate_limit_store_errors_total');
  return { ...gateway, told, errors, lines };
}

const EIGHT = { max: 8, window: '1h', by: 'address' };

describeRedis('counts in Redis', () => {
  test('outlive the gateway, and are two gateways’ own together', async () => {
    const redis = await redisServer();
    const [one, two] = [await counting(redis, 'refuse'), await counting(redis, 'refuse')];
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push(await one.ask('a'), await two.ask('a'));
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.slice(8)).toEqual([429, 429, 429, 429]);
  });

  test('are asked over one connection, which ends with the gateway', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const connections = async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length;
    const { ask, gateway } = await counting(redis, 'refuse');
    await Promise.all(Array.from({ length: 20 }, () => ask('a')));
    expect(await connections()).toBe(2);
    await gateway.close();
    await expect.poll(connections).toBe(1);
  });

  test('are not had with a wrong password, which is not told', async () => {
    const redis = await redisServer();
    await (await clientOf(redis)).config('SET', 'requirepass', 'right');
    const url = redis.url.replace('//', '//:hunter2@');
    const { ask, lines, told } = await counting({ url }, 'refuse');
    expect([await ask('a'), await ask('a')]).toEqual([503, 503]);
    expect(told('cannot be reached')).toEqual([expect.stringContaining('"reason":"WRONGPASS"')]);
    expect(lines.join('')).not.toContain('hunter2');
  });

  test('have prefixed keys, short whatever the client sends, that expire', async () => {
    const redis = await redisServer();
    const { ask } = await counting(redis, 'refuse', { ...EIGHT, by: 'header:x-key' });
    await ask('a', { 'x-key': 'x'.repeat(4_000) });
    await ask('a');
    const client = await clientOf(redis);
    const keys = await client.keys('*');
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatch(/^test:a header:x-key /);
      expect(key.length).toBeLessThan(120);
      expect(await client.pttl(key)).toBeGreaterThan(0);
    }
  });

  test('decide all limits of a request at once: what one refuses, none counts', async () => {
    const redis = await redisServer();
    const { ask } = await counting(redis, 'refuse', [
      { max: 3, window: '1h', by: 'address' },
      { max: 1, window: '1h', by: 'header:x-key' },
      { max: 9, window: '1h', by: 'route' },
    ]);
    const statuses = [];
    for (const value of ['1', '1', '1', '2', '3', '4']) {
      statuses.push(await ask('a', { 'x-key': value }));
    }
    expect(statuses).toEqual([200, 429, 429, 200, 200, 429]);
  });
});

/** What holds without Redis, and after it is back, of 20 requests that 8 of would pass. */
const OUTAGES = [
  { onError: 'allow', without: new Set([200]) },
  { onError: 'refuse', without: new Set([503]) },
  { onError: 'local', without: new Set([200, 429]) },
] as const;

describeRedis.each(OUTAGES)('onError: $onError', ({ onError, without }) => {
  test('holds from the start, where Redis is not there; then Redis counts', async () => {
    const redis = await redisServer({ isDown: true });
    const { ask, errors } = await counting(redis, onError);
    const statuses = [];
    for (let i = 0; i < 20; i++) statuses.push(await ask('a'));
    expect(new Set(statuses)).toEqual(without);
    expect(await errors()).toBe(20);
    await redis.start();
    const client = await clientOf(redis);
    await expect.poll(async () => (await ask('a'), await client.dbsize())).toBe(1);
  });

  test.each(['killed', 'frozen'])(
    'holds while Redis is %s under load: no request waits, two lines tell of it',
    async (how) => {
      const redis = await redisServer();
      const { url, errors, told, lines, ask } = await counting(redis, onError);
      let isOver = false;
      const under = load([`${url}/a`], 16, () => isOver);
      await pause(300);
      const goneAt = performance.now();
      if (how === 'killed') await redis.kill();
      else redis.freeze();
      await pause(1_200);
      const backAt = performance.now();
      if (how === 'killed') await redis.start();
      else redis.thaw();
      await expect.poll(() => told('is back').length).toBe(1);
      isOver = true;
      const asked = await under;

      const slowest = Math.max(...asked.map((each) => each.answeredAt - each.sentAt));
      expect(slowest).toBeLessThan(TIMEOUT_MS + LATE_MS);
      const meanwhile = asked.filter(
        ({ sentAt, answeredAt }) => sentAt > goneAt + TIMEOUT_MS + 400 && answeredAt < backAt,
      );
      expect(meanwhile.length).toBeGreaterThan(20);
      const statuses = new Set(meanwhile.map(({ status }) => status));
      expect([...statuses].every((status) => without.has(status as never))).toBe(true);
      expect(await errors()).toBeGreaterThan(20);
      expect(told('cannot be reached')).toHaveLength(1);
      expect(lines.join('')).not.toContain(String(redis.port));
      const after = [];
      for (let i = 0; i < 10; i++) after.push(await ask('a'));
      expect(after.at(-1)).toBe(429);
    },
  );
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
