import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { asking } from './asking.ts';

const KEY = 'a-key-of-the-shop';
const NOT_ASKED = /the store of the counts was not asked$/;

describeRedis('what is in Redis', () => {
  test('is not asked for: counts and keys are not certain', async () => {
    const { url } = await redisServer();
    const client = new Redis(url);
    onTestFinished(() => client.disconnect());
    const { explain, fetch } = await asking({
      plugins: {
        rateLimit: { store: { redis: url } },
        apiKey: { redis: { url, cache: '1h' } },
      },
      routes: {
        counted: {
          match: { path: '/counted' },
          upstream: 'up',
          rateLimit: { max: 5, window: '1h', by: 'address' },
        },
        keyed: { match: { path: '/keyed' }, upstream: 'up', apiKey: {} },
      },
    });
    await client.hset(`portico:key:${digestOf(KEY)}`, { consumer: 'shop' });
    const asked = await countsOf(client);

    const counted = await explain('/counted');
    expect(counted.outcome.isCertain).toBe(false);
    expect(counted.plugins[0]?.says).toMatch(NOT_ASKED);
    const headers = { 'x-api-key': KEY };
    const keyed = await explain('/keyed', { headers });
    expect(keyed.outcome.isCertain).toBe(false);
    expect(keyed.plugins[0]?.says).toBe('was not looked up: a request would ask the store of keys');
    expect(await countsOf(client)).toBe(asked);

    expect((await fetch('/keyed', { headers })).status).toBe(200);
    const known = await explain('/keyed', { headers });
    expect(known.outcome.isCertain).toBe(true);
    expect(known.consumer?.id).toBe('shop');
  });
});

const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Commands that read or write keys, so far. */
async function countsOf(client: Redis): Promise<number> {
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(?:hmget|evalsha|eval):calls=(\d+)/gm)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}
