import { expect, test } from 'vitest';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { now } from './issuer.ts';
import { clientOf, sharing } from './sharing.ts';

describeRedis('while Redis is away', () => {
  test('what is known holds, and one line tells of it', async () => {
    const redis = await redisServer();
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await redis.kill();
    await expect.poll(() => one.told('revocations cannot be reached').length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([await one.statusOf({ jti: 't1' }), await one.statusOf({ jti: 't2' })]).toEqual([
      401, 200,
    ]);
    expect(one.told('revocations cannot be reached')).toHaveLength(1);
    expect(one.text()).not.toContain(String(redis.port));
  });

  test('a revocation is 503, holds here, and for all once Redis is back', async () => {
    const redis = await redisServer();
    const [one, two] = [await sharing(redis), await sharing(redis)];
    await redis.kill();
    expect(await one.revoke({ jti: 't1', until: now() + 600 })).toBe(503);
    expect([await one.statusOf({ jti: 't1' }), await two.statusOf({ jti: 't1' })]).toEqual([
      401, 200,
    ]);
    await redis.start();
    await expect.poll(() => two.statusOf({ jti: 't1' })).toBe(401);
    expect(one.told('revocations is back')).toHaveLength(1);
    expect(await one.revoke({ jti: 't2', until: now() + 600 })).toBe(200);
  });

  test('a gateway starts all the same, and learns when it is there', async () => {
    const redis = await redisServer({ isDown: true });
    const one = await sharing(redis);
    expect(await one.statusOf({ jti: 't1' })).toBe(200);
    await redis.start();
    const two = await sharing(redis);
    await two.revoke({ jti: 't1', until: now() + 600 });
    await expect.poll(() => one.statusOf({ jti: 't1' })).toBe(401);
  });

  test('nothing is lost that a gateway knows: a Redis that forgot all is told again', async () => {
    const redis = await redisServer();
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await one.revoke({ sub: 'u1', issuer: 'own', before: now() });
    await redis.kill();
    await redis.start();
    const client = await clientOf(redis);
    await expect.poll(() => client.hlen('test:revocations:entries')).toBe(2);
    const two = await sharing(redis);
    expect(await two.statusOf({ jti: 't1' })).toBe(401);
    await two.revoke({ jti: 't2', until: now() + 600 });
    await expect.poll(() => one.statusOf({ jti: 't2' })).toBe(401);
  });

  test('a list that has gone back, as a replica’s may, is told what it lacks', async () => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await one.revoke({ jti: 't2', until: now() + 600 });
    await expect.poll(() => one.statusOf({ jti: 't2' })).toBe(401);
    // What the gateway has seen by now is ahead of this.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client
      .multi()
      .hset('test:revocations:meta', 'number', 1)
      .hdel('test:revocations:entries', '["t2"]')
      .zrem('test:revocations:log', '["t2"]')
      .zrem('test:revocations:ends', '["t2"]')
      .exec();
    await expect.poll(() => client.hexists('test:revocations:entries', '["t2"]')).toBe(1);
  });

  test.each(['killed', 'frozen'])('nobody waits long: Redis is %s', async (how) => {
    const redis = await redisServer();
    const one = await sharing(redis);
    if (how === 'killed') await redis.kill();
    else redis.freeze();
    const startedAt = performance.now();
    expect(await one.revoke({ jti: 't1', until: now() + 600 })).toBe(503);
    expect(await one.statusOf({ jti: 't1' })).toBe(401);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    redis.thaw();
  });
});
