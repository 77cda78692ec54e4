import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { describeRedis, redisServer, type RedisServer } from '../helpers/redis-server.ts';
import { recordingLog } from './recording-log.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const KEY = 'k-4fd1a8c2e07b4c1f9a33';
const OWN = 'k-0000a8c2e07b4c1f9a33';
const ACME = { consumer: 'acme', plan: 'gold', scopes: 'orders:read orders:write' };

/** A client of `redis`, and how to say whose a key is. */
async function storeIn({ url }: RedisServer) {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  const put = (key: string, fields: object) => client.hset(`test:key:${sha256(key)}`, fields);
  const drop = (key: string) => client.del(`test:key:${sha256(key)}`);
  /** Commands of this name so far. */
  const count = async (command: string): Promise<number> => {
    const stats = await client.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };
  return { client, put, drop, count };
}

async function keyed({ url }: Pick<RedisServer, 'url'>, redis: object = {}, options: object = {}) {
  const calls: UpstreamRequest[] = [];
  const { log, lines, text } = recordingLog();
  const gateway = await startGateway({
    config: {
      plugins: {
        apiKey: {
          consumers: { own: { keys: [sha256(OWN)] } },
          redis: { url, prefix: 'test:', ...redis },
        },
      },
      routes: { all: forwardTo('/*', { apiKey: options }) },
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return {};
      },
    },
    log,
  });
  const ask = async (key: string) => gateway.fetch('/', { headers: { 'x-api-key': key } });
  const statusOf = async (key: string) => (await ask(key)).status;
  const told = (what: string) => lines().filter(({ msg }) => msg.includes(what));
  return { ...gateway, ask, statusOf, calls, told, text };
}

describeRedis('a key in Redis', () => {
  test('lets in, and says who that is', async () => {
    const redis = await redisServer();
    await (await storeIn(redis)).put(KEY, ACME);
    const { statusOf, calls } = await keyed(
      redis,
      {},
      { plans: ['gold'], scopes: ['orders:read'] },
    );
    expect(await statusOf(KEY)).toBe(200);
    expect(calls[0]?.consumer).toEqual({
      id: 'acme',
      via: 'apiKey',
      scopes: new Set(['orders:read', 'orders:write']),
      claims: { plan: 'gold' },
    });
    expect(calls[0]?.headers['x-api-key']).toBeUndefined();
  });

  test('is of no other plan, and has no other scope, than it says', async () => {
    const redis = await redisServer();
    await (await storeIn(redis)).put(KEY, { consumer: 'acme' });
    expect(await (await keyed(redis, {}, { plans: ['gold'] })).statusOf(KEY)).toBe(403);
    expect(await (await keyed(redis, {}, { scopes: ['orders:read'] })).statusOf(KEY)).toBe(403);
  });

  test('is taken from the query that goes to upstreams', async () => {
    const redis = await redisServer();
    await (await storeIn(redis)).put(KEY, ACME);
    const gateway = await keyed(redis, { cache: '0s' }, { query: 'key' });
    expect((await gateway.fetch(`/?a=1&key=${KEY}`)).status).toBe(200);
    expect(gateway.calls[0]?.query).toBe('?a=1');
  });

  test('is looked up once, however often it is sent', async () => {
    const redis = await redisServer();
    const { put, count } = await storeIn(redis);
    await put(KEY, ACME);
    const { statusOf } = await keyed(redis);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(KEY)));
    expect(new Set([...statuses, await statusOf(KEY)])).toEqual(new Set([200]));
    expect(await count('hmget')).toBe(1);
  });

  test('that is taken away or changed is so once it is looked up again', async () => {
    const redis = await redisServer();
    const { put, drop } = await storeIn(redis);
    await put(KEY, ACME);
    const { statusOf, calls } = await keyed(redis, { cache: '200ms' });
    expect(await statusOf(KEY)).toBe(200);
    await put(KEY, { consumer: 'other' });
    await expect.poll(async () => (await statusOf(KEY), calls.at(-1)?.consumer?.id)).toBe('other');
    await drop(KEY);
    await expect.poll(() => statusOf(KEY)).toBe(401);
  });
});

describeRedis('a key that nobody has', () => {
  test('is 401, looked up once a while, and known soon after it is given to somebody', async () => {
    const redis = await redisServer();
    const { put, count } = await storeIn(redis);
    const { ask, statusOf } = await keyed(redis, { cache: '1m' });
    const refused = await ask(KEY);
    expect([refused.status, await codeOf(refused)]).toEqual([401, 'GW_TOKEN_INVALID']);
    expect(await statusOf(KEY)).toBe(401);
    expect(await count('hmget')).toBe(1);
    await put(KEY, ACME);
    await expect.poll(() => statusOf(KEY)).toBe(200);
  });

  test.each<readonly [string, (client: Redis, key: string) => Promise<unknown>]>([
    ['is no hash', (client, key) => client.set(key, 'acme')],
    ['names nobody', (client, key) => client.hset(key, { plan: 'gold' })],
  ])('since what stands there %s is 401, and no outage', async (_what, write) => {
    const redis = await redisServer();
    await write((await storeIn(redis)).client, `test:key:${sha256(KEY)}`);
    const { statusOf, told } = await keyed(redis);
    expect(await statusOf(KEY)).toBe(401);
    expect(told('cannot be reached')).toEqual([]);
  });
});

describeRedis('while Redis is away', () => {
  test('keys of the config and those found lately hold, others are 503', async () => {
    const redis = await redisServer();
    await (await storeIn(redis)).put(KEY, ACME);
    const { ask, statusOf, told, text } = await keyed(redis);
    expect(await statusOf(KEY)).toBe(200);
    await redis.kill();
    const refused = await ask('other');
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
    expect(await statusOf('another')).toBe(503);
    expect([await statusOf(KEY), await statusOf(OWN)]).toEqual([200, 200]);
    expect(told('API keys cannot be reached')).toHaveLength(1);
    expect(text()).not.toContain(String(redis.port));

    await redis.start();
    await expect.poll(() => statusOf('other')).toBe(401);
    expect(told('API keys is back')).toHaveLength(1);
  });

  test.each([
    ['refuse', 503],
    ['hold', 200],
  ])('onError: %s answers %i to a key that was found longer ago', async (onError, status) => {
    const redis = await redisServer();
    await (await storeIn(redis)).put(KEY, ACME);
    const { statusOf } = await keyed(redis, { onError, cache: '1ms' });
    expect(await statusOf(KEY)).toBe(200);
    await redis.kill();
    expect([await statusOf(KEY), await statusOf(KEY)]).toEqual([status, status]);
  });

  test('frozen, no request waits for it long', async () => {
    const redis = await redisServer();
    const { statusOf } = await keyed(redis);
    redis.freeze();
    const startedAt = performance.now();
    for (let i = 0; i < 20; i++) expect(await statusOf(`guess ${i}`)).toBe(503);
    // One waits for its timeout, and then one in as long again tries.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    redis.thaw();
    await expect.poll(() => statusOf(KEY)).toBe(401);
  });

  test('a gateway starts all the same', async () => {
    const redis = await redisServer({ isDown: true });
    const { statusOf } = await keyed(redis);
    expect([await statusOf(OWN), await statusOf(KEY)]).toEqual([200, 503]);
    await redis.start();
    await (await storeIn(redis)).put(KEY, ACME);
    await expect.poll(() => statusOf(KEY)).toBe(200);
  });
});
