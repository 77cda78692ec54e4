import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { describeRedis, redisServer, type RedisServer } from '../helpers/redis-server.ts';
import { as, counted, type CountedOptions } from './counted.ts';

async function clientOf({ url }: RedisServer): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

const DAILY = { limit: 3, per: 'month' };

/** A gateway that counts in `redis`, on one route. */
const counting = (
  redis: Pick<RedisServer, 'url'>,
  quota: object = DAILY,
  { onError = 'refuse', ...options }: CountedOptions & { readonly onError?: string } = {},
) =>
  counted(
    { monthly: quota },
    { a: { quota: 'monthly' } },
    { ...options, store: { redis: redis.url, onError, timeout: '5s', prefix: 'test:' } },
  );

describeRedis('a quota in Redis', () => {
  test('admits exactly its limit, however many gateways are asked at once', async () => {
    const redis = await redisServer();
    const limit = 500;
    const gateways = await Promise.all(
      Array.from({ length: 4 }, () => counting(redis, { limit, per: 'month' })),
    );
    const loads = gateways.flatMap(({ ask }) =>
      Array.from({ length: 20 }, async () => {
        const statuses = [];
        for (let i = 0; i < 50; i++) statuses.push(await ask('/a'));
        return statuses;
      }),
    );
    const statuses = (await Promise.all(loads)).flat();
    expect(statuses).toHaveLength(4_000);
    expect(statuses.filter((status) => status === 200)).toHaveLength(limit);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4_000 - limit);
  });

  test('survives the gateway, and is kept until a minute after its window', async () => {
    const redis = await redisServer();
    const first = await counting(redis);
    expect([await first.ask('/a', as('ada')), await first.ask('/a', as('ada'))]).toEqual([
      200, 200,
    ]);
    await first.close();
    const second = await counting(redis);
    expect([await second.ask('/a', as('ada')), await second.ask('/a', as('ada'))]).toEqual([
      200, 429,
    ]);
    const client = await clientOf(redis);
    const [key = '', ...others] = await client.keys('*');
    expect(others).toEqual([]);
    expect(key).toMatch(/^test:quota:monthly:[\w-]{43}:month-\d{4}-\d\d-01$/);
    const now = new Date();
    const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    expect(Number(await client.call('PEXPIRETIME', key))).toBe(end + 60_000);
  });

  test('is counted by the clock of Redis, whatever those of gateways say', async () => {
    const redis = await redisServer();
    const year = 365 * 86_400_000;
    const [past, right, future] = await Promise.all(
      [-year, 0, year].map((ahead) =>
        counting(redis, DAILY, { wallClock: () => Date.now() + ahead }),
      ),
    );
    const statuses = [];
    for (const each of [past!, right!, future!, past!]) statuses.push(await each.ask('/a'));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await (await clientOf(redis)).dbsize()).toBe(1);
    const seconds = Number((await past!.fetch('/a')).headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(31 * 86_400);
  });

  test('counts nothing that another quota refuses, and gives back what fails', async () => {
    const redis = await redisServer();
    const status = { next: 500 };
    const store = { redis: redis.url, onError: 'refuse', timeout: '5s' };
    const { ask, order } = await counted(
      {
        month: { limit: 9, per: 'month', refund: true },
        day: { limit: 2, per: 'day', timezone: 'Asia/Tokyo' },
      },
      { a: { quota: ['month', 'day'] } },
      { store, upstream: () => ({ status: status.next }) },
    );
    const used = async (quota: string) =>
      ((await order('/quotas/read', { quota, value: '127.0.0.1' })).body as { used: number }).used;
    expect(await ask('/a')).toBe(500);
    await expect.poll(() => used('month')).toBe(0);
    status.next = 200;
    expect([await ask('/a'), await ask('/a')]).toEqual([200, 429]);
    expect([await used('month'), await used('day')]).toEqual([1, 2]);
  });

  test('is read and reset by operators, for all gateways', async () => {
    const redis = await redisServer();
    const [one, two] = [
      await counting(redis, { limit: 1, per: 'day' }),
      await counting(redis, { limit: 1, per: 'day' }),
    ];
    expect([await one.ask('/a', as('bob')), await two.ask('/a', as('bob'))]).toEqual([200, 429]);
    const who = { quota: 'monthly', consumer: 'bob', via: 'apiKey' };
    const reset = await two.order('/quotas/reset', { ...who, reason: 'a gift' });
    expect(reset.body).toMatchObject({ usedBefore: 1, used: 0 });
    expect((await one.order('/quotas/read', who)).body).toMatchObject({ used: 0 });
    expect([await one.ask('/a', as('bob')), await two.ask('/a', as('bob'))]).toEqual([200, 429]);
  });

  test.each(['hello', '-5', '99999999999999999999', '1.5'])(
    'starts over where somebody has written %j, and counts that',
    async (value) => {
      const redis = await redisServer();
      const { ask, metric } = await counting(redis);
      await ask('/a');
      const client = await clientOf(redis);
      const [key = ''] = await client.keys('*');
      await client.set(key, value);
      expect(await ask('/a')).toBe(200);
      await client.del(key);
      await client.lpush(key, value);
      expect(await ask('/a')).toBe(200);
      expect(await client.get(key)).toBe('1');
      expect(await metric('portico_quota_store_damaged_total')).toBe(2);
      expect(await metric('portico_quota_store_errors_total')).toBe(0);
    },
  );

  test.each([
    ['allow', 200, 200],
    ['refuse', 503, 503],
  ])('onError: %s, while Redis is away', async (onError, status, order) => {
    const redis = await redisServer({ isDown: true });
    const gateway = await counting(redis, { limit: 1, per: 'day' }, { onError });
    expect([await gateway.ask('/a'), await gateway.ask('/a')]).toEqual([status, order]);
    expect(await gateway.metric('portico_quota_store_errors_total')).toBe(2);
    const read = await gateway.order('/quotas/read', { quota: 'monthly', value: '127.0.0.1' });
    expect(read.status).toBe(503);
    await redis.start();
    const client = await clientOf(redis);
    await expect.poll(async () => (await gateway.ask('/a'), await client.dbsize())).toBe(1);
    await expect.poll(() => gateway.ask('/a')).toBe(429);
  });

  test('is not asked for by explain, which says so', async () => {
    const redis = await redisServer();
    const { gateway } = await counting(redis);
    const explained = await gateway.explain({
      method: 'GET',
      url: 'http://localhost/a',
      headers: [],
      address: '127.0.0.1',
    });
    expect(explained.plugins.find(({ plugin }) => plugin === 'quota')).toMatchObject({
      says: 'monthly: 3 a month; the store of the counts was not asked',
    });
    expect(await (await clientOf(redis)).dbsize()).toBe(0);
  });
});
