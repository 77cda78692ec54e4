import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { now } from './issuer.ts';
import { clientOf, sharing } from './sharing.ts';

describeRedis('a revocation in Redis', () => {
  test('holds at once where it was made, and soon in every other gateway', async () => {
    const redis = await redisServer();
    const [one, two] = [await sharing(redis), await sharing(redis)];
    expect([await two.statusOf({ jti: 't1' }), await two.statusOf({ jti: 't2' })]).toEqual([
      200, 200,
    ]);

    expect(await one.revoke({ jti: 't1', until: now() + 600 })).toBe(200);
    expect(await one.statusOf({ jti: 't1' })).toBe(401);
    await expect.poll(() => two.statusOf({ jti: 't1' })).toBe(401);

    await two.revoke({ sub: 'u1', issuer: 'own', before: now() });
    await expect.poll(() => one.statusOf({ sub: 'u1', iat: now() - 5 })).toBe(401);
    expect(await one.statusOf({ sub: 'u1', iat: now() + 1 })).toBe(200);
    expect(await two.statusOf({ jti: 't2' })).toBe(200);
  });

  test('is known to a gateway that starts later, from its first request on', async () => {
    const redis = await redisServer();
    const one = await sharing(redis);
    // More than one page.
    const many = Array.from({ length: 1_200 }, (_none, i) => `t${i}`);
    await Promise.all(many.map((jti) => one.revoke({ jti, until: now() + 600 })));
    await one.close();

    const two = await sharing(redis);

    for (const jti of ['t0', 't499', 't500', 't1199'])
      expect(await two.statusOf({ jti })).toBe(401);
    expect(await two.statusOf({ jti: 't1200' })).toBe(200);
  });

  test('expires by itself, one without an end does not', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const { revoke } = await sharing(redis);
    await revoke({ jti: 't1', until: now() + 3 });
    expect(await client.ttl('test:revocations:entries')).toBeGreaterThan(0);
    await expect.poll(() => client.keys('*')).toEqual([]);

    await revoke({ jti: 't2', until: now() + 1 });
    await revoke({ sub: 'u1', issuer: 'own', before: now() });
    expect(await client.ttl('test:revocations:entries')).toBe(-1);
    await expect.poll(() => client.hkeys('test:revocations:entries')).toEqual(['["own","u1"]']);
    expect(await client.zcard('test:revocations:log')).toBe(1);
  });

  test('only grows, whichever gateway says less', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const [one, two] = [await sharing(redis), await sharing(redis)];
    const [early, late] = [now() + 100, now() + 200];
    await one.revoke({ sub: 'u1', issuer: 'own', before: 50, until: late });
    await two.revoke({ sub: 'u1', issuer: 'own', before: 20, until: early });
    expect(await client.hget('test:revocations:entries', '["own","u1"]')).toBe(`50 ${late}`);
  });

  test('that finds no room is 503, and holds where it was made', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const one = await sharing(redis);
    await one.revoke({ sub: 'u1', issuer: 'own', before: now() });
    const fill = `for i = 2, 100000 do redis.call('HSET', KEYS[1], i, '1 99999999999') end`;
    await client.eval(fill, 1, 'test:revocations:entries');
    expect(await one.revoke({ jti: 't1', until: now() + 600 })).toBe(503);
    expect(await one.statusOf({ jti: 't1' })).toBe(401);
    expect(await client.hlen('test:revocations:entries')).toBe(100_000);
  });

  test('is followed over one connection, which ends with the gateway', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const connections = async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length;
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    expect(await connections()).toBe(2);
    await one.close();
    await expect.poll(connections).toBe(1);
    expect(one.told('cannot be reached')).toEqual([]);
  });

  test('that nobody of us wrote changes nothing', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await client.hset('test:revocations:entries', '["t1"]', 'nonsense');
    await client.zadd('test:revocations:log', Date.now() + 60_000, '["t1"]');
    await client.zadd('test:revocations:log', Date.now() + 60_001, '["t2"]');
    const two = await sharing(redis);
    expect([await one.statusOf({ jti: 't1' }), await two.statusOf({ jti: 't2' })]).toEqual([
      401, 200,
    ]);
  });
});

describe('a config', () => {
  test.each<readonly [object, RegExp]>([
    [{ redis: 'http://redis' }, /revocations\.redis.*redis:\/\//],
    [{ redis: 'redis://redis', refresh: '10ms' }, /revocations\.refresh.*100ms/],
    [{ refresh: '1s' }, /revocations\.redis/],
  ])('with %j is refused', async (revocations, fault) => {
    const starting = startGateway({
      config: { plugins: { jwt: { revocations } }, routes: { a: forwardTo('/a') } },
      upstreams: { up: () => ({}) },
    });
    await expect(starting).rejects.toThrow(fault);
  });
});
