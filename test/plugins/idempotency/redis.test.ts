import type { ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { describeRedis, redisServer, type RedisServer } from '../../helpers/redis-server.ts';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { keyed, type KeyedOptions } from './keyed.ts';

/** An upstream that makes a payment for each call, and answers once `open` has settled. */
async function payments(open: Promise<unknown> = Promise.resolve()) {
  const calls: ServerResponse[] = [];
  const up = await startUpstream((request, response) => {
    request.resume();
    calls.push(response);
    const body = `{"payment":${calls.length}}`;
    void open.then(() => response.writeHead(201, { 'content-type': 'application/json' }).end(body));
  });
  return { url: up.url, calls };
}

const over = (redis: RedisServer, options: KeyedOptions, timeout = '5s') =>
  keyed({ ...options, store: { redis: redis.url, timeout, prefix: 'test:' } });

async function clientOf({ url }: RedisServer): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

describeRedis('idempotency keys in Redis', () => {
  test('200 requests with one key at two gateways are one payment', async () => {
    const redis = await redisServer();
    const { url, calls } = await payments();
    const gateways = await Promise.all([over(redis, { url }), over(redis, { url })]);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => gateways[i % 2]!.pay({ key: 'k' })),
    );
    expect(calls).toHaveLength(1);
    const other = answers.filter(({ text }) => text !== '{"payment":1}');
    expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['GW_IDEMPOTENCY_RUNNING']));
    for (const gateway of gateways) {
      expect(await gateway.pay({ key: 'k' })).toMatchObject({ isReplayed: true, status: 201 });
    }
    expect(calls).toHaveLength(1);
  });

  test('are hashes, which live as long as keep says, and hold no field that is not listed', async () => {
    const redis = await redisServer();
    const { url } = await payments();
    const gateway = await over(redis, { url, idempotency: { keep: '1h', headers: [] } });
    await gateway.pay({ key: 'card-4242' });
    const client = await clientOf(redis);
    const [key = '', ...others] = await client.keys('*');
    expect(others).toEqual([]);
    expect(key).toMatch(/^test:idempotency:[\w-]{43}$/);
    const ttl = await client.pttl(key);
    expect(ttl).toBeGreaterThan(3_590_000);
    expect(ttl).toBeLessThanOrEqual(3_600_000);
    const value = (await client.get(key)) ?? '';
    expect(value).not.toContain('4242');
    expect(JSON.parse(value.split(' ').slice(2).join(' '))).toMatchObject({
      is: 'kept',
      answer: { status: 201, headers: { 'content-type': 'application/json' } },
    });
  });

  test('of a Redis that is away are 503, and nothing is sent', async () => {
    const redis = await redisServer();
    const { url, calls } = await payments();
    const gateway = await over(redis, { url });
    await gateway.pay({ key: 'k' });
    await redis.kill();
    for (const key of ['k', 'other']) {
      const answer = await gateway.pay({ key });
      expect([answer.status, answer.code]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
    }
    expect((await gateway.pay()).status).toBe(201);
    expect(calls).toHaveLength(2);
    expect(await gateway.counts()).toEqual({ kept: 1, away: 2 });
  });

  test('are not heeded while Redis is away where onError allows it', async () => {
    const redis = await redisServer({ isDown: true });
    const { url } = await payments();
    const gateway = await over(redis, { url, idempotency: { onError: 'allow' } });
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"payment":1}');
    expect((await gateway.pay({ key: 'k' })).text).toBe('{"payment":2}');
  });

  test('get the answer of a request that ends while Redis is away, once it is back', async () => {
    const redis = await redisServer();
    const open = Promise.withResolvers<void>();
    const { url, calls } = await payments(open.promise);
    const gateway = await over(redis, { url });
    const first = gateway.pay({ key: 'k' });
    await eventually(() => calls.length === 1);
    await redis.kill();
    open.resolve();
    expect((await first).text).toBe('{"payment":1}');
    expect((await gateway.pay({ key: 'k' })).status).toBe(503);
    // It has lost all it had.
    await redis.start();
    const client = await clientOf(redis);
    await expect.poll(() => client.dbsize(), { timeout: 10_000 }).toBe(1);
    await expect
      .poll(async () => (await gateway.pay({ key: 'k' })).isReplayed, { timeout: 10_000 })
      .toBe(true);
    expect(calls).toHaveLength(1);
  });

  test('are taken for nobody if Redis answers too late', async () => {
    const redis = await redisServer();
    const { url, calls } = await payments();
    const gateway = await over(redis, { url }, '200ms');
    await gateway.pay({ key: 'warm' });
    redis.freeze();
    expect((await gateway.pay({ key: 'k' })).status).toBe(503);
    redis.thaw();
    await expect
      .poll(async () => (await gateway.pay({ key: 'k' })).text, { timeout: 10_000 })
      .toBe('{"payment":2}');
    expect(calls).toHaveLength(2);
  });

  test('of a gateway that died are unknown once its lease has run out', async () => {
    const redis = await redisServer();
    const { url } = await payments();
    const gateway = await over(redis, { url });
    await gateway.pay({ key: 'k' });
    const client = await clientOf(redis);
    const [key = ''] = await client.keys('*');
    const { of } = JSON.parse((await client.get(key))!.split(' ').slice(2).join(' ')) as {
      of: string;
    };
    const running = (until: number) => `dead ${until} ${JSON.stringify({ is: 'running', of })}`;
    await client.set(key, running(Date.now() + 60_000));
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_RUNNING');
    await client.set(key, running(Date.now() - 1));
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
    const retrying = await over(redis, { url, idempotency: { onUnknown: 'retry' } });
    expect((await retrying.pay({ key: 'k' })).text).toBe('{"payment":2}');
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(true);
  });

  test.each(['hello', '', 'a b c', 'v 1 {"is":"kept"}'])(
    'that somebody has overwritten with %j are unknown',
    async (value) => {
      const redis = await redisServer();
      const { url, calls } = await payments();
      const gateway = await over(redis, { url });
      await gateway.pay({ key: 'k' });
      const client = await clientOf(redis);
      const [key = ''] = await client.keys('*');
      await client.set(key, value);
      expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
      await client.del(key);
      await client.lpush(key, value);
      expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
      expect(calls).toHaveLength(1);
    },
  );
});
