import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeRedis, redisServer, type RedisServer } from '../helpers/redis-server.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';
import { bearing } from './jwt-routes.ts';
import { recordingLog } from './recording-log.ts';

const SECRET = 'a secret of at least thirty-two characters';
const OWN = { issuer: 'https://own.example', secret: SECRET, algorithms: ['HS256'] };

const tokenOf = (claims: object): string =>
  hmacToken(SECRET, { iss: OWN.issuer, exp: now() + 600, ...claims });

async function clientOf({ url }: RedisServer): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

/** A gateway that shares its list through `redis`. */
async function sharing({ url }: Pick<RedisServer, 'url'>) {
  const { log, lines, text } = recordingLog();
  const gateway = await startGateway({
    config: {
      admin: { port: 0 },
      plugins: {
        jwt: {
          issuers: { own: OWN },
          revocations: { redis: url, refresh: '100ms', prefix: 'test:' },
        },
      },
      routes: { a: forwardTo('/a', { jwt: { issuer: 'own' } }) },
    },
    upstreams: { up: () => ({}) },
    log,
  });
  const statusOf = async (claims: object) =>
    (await gateway.fetch('/a', bearing(tokenOf(claims)))).status;
  const revoke = async (body: object) => {
    const response = await fetch(`${gateway.gateway.adminUrl}/revocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const told = (what: string) => lines().filter(({ msg }) => msg.includes(what));
  return { ...gateway, statusOf, revoke, told, text };
}

const soon = { timeout: 5_000 };

describeRedis('a revocation in Redis', () => {
  test('holds at once where it was made, and soon in every other gateway', async () => {
    const redis = await redisServer();
    const [one, two] = [await sharing(redis), await sharing(redis)];
    expect([await two.statusOf({ jti: 't1' }), await two.statusOf({ jti: 't2' })]).toEqual([
      200, 200,
    ]);

    expect(await one.revoke({ jti: 't1', until: now() + 600 })).toBe(200);
    expect(await one.statusOf({ jti: 't1' })).toBe(401);
    await expect.poll(() => two.statusOf({ jti: 't1' }), soon).toBe(401);

    await two.revoke({ sub: 'u1', issuer: 'own', before: now() });
    await expect.poll(() => one.statusOf({ sub: 'u1', iat: now() - 5 }), soon).toBe(401);
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
    await revoke({ jti: 't1', until: now() + 2 });
    expect(await client.ttl('test:revocations:entries')).toBeGreaterThan(0);
    await expect.poll(() => client.keys('*'), soon).toEqual([]);

    await revoke({ jti: 't2', until: now() + 1 });
    await revoke({ sub: 'u1', issuer: 'own', before: now() });
    expect(await client.ttl('test:revocations:entries')).toBe(-1);
    await expect
      .poll(() => client.hkeys('test:revocations:entries'), soon)
      .toEqual(['["own","u1"]']);
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

describeRedis('while Redis is away', () => {
  test('what is known holds, and one line tells of it', async () => {
    const redis = await redisServer();
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await redis.kill();
    await expect.poll(() => one.told('revocations can not be reached').length, soon).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([await one.statusOf({ jti: 't1' }), await one.statusOf({ jti: 't2' })]).toEqual([
      401, 200,
    ]);
    expect(one.told('revocations can not be reached')).toHaveLength(1);
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
    await expect.poll(() => two.statusOf({ jti: 't1' }), soon).toBe(401);
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
    await expect.poll(() => one.statusOf({ jti: 't1' }), soon).toBe(401);
  });

  test('nothing is lost that a gateway knows: a Redis that forgot all is told again', async () => {
    const redis = await redisServer();
    const one = await sharing(redis);
    await one.revoke({ jti: 't1', until: now() + 600 });
    await one.revoke({ sub: 'u1', issuer: 'own', before: now() });
    await redis.kill();
    await redis.start();
    const client = await clientOf(redis);
    await expect.poll(() => client.hlen('test:revocations:entries'), soon).toBe(2);
    const two = await sharing(redis);
    expect(await two.statusOf({ jti: 't1' })).toBe(401);
    await two.revoke({ jti: 't2', until: now() + 600 });
    await expect.poll(() => one.statusOf({ jti: 't2' }), soon).toBe(401);
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
