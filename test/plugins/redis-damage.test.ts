import { expect, test } from 'vitest';
import type { Redis } from 'ioredis';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { recordingLog } from './recording-log.ts';
import { clientOf, sharing } from './sharing.ts';

type Damage = readonly [what: string, write: (client: Redis, key: string) => Promise<unknown>];

const text = (value: string): Damage => [
  JSON.stringify(value),
  (client, key) => client.set(key, value),
];

const DAMAGES: readonly Damage[] = [
  ['a list', (client, key) => client.lpush(key, 'x')],
  ['a hash', (client, key) => client.hset(key, 'x', '1')],
  ['bytes', (client, key) => client.set(key, Buffer.from([0, 255, 254, 10]))],
  text(''),
  text('garbage'),
  text('7'),
  text('1764000000000000'),
  text('1764000000000000 '),
  text('1764000000000000 12 13'),
  text('1764000000000000 nan'),
  text('nan nan'),
  text('1764000000000000 inf'),
  text('1764000000000000 -5'),
  text('1764000000000000 1e999'),
  text('1764000000000000 0x10'),
  text('99999999999999999999999 5'),
  text(`${'9'.repeat(400)} 5`),
  text('9000000000000000 500'),
  text('{"count":3}'),
];

async function metric(adminUrl: string | undefined, name: string): Promise<number> {
  const page = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(new RegExp(`^portico_${name}(?:{})? (\\d+)`, 'm').exec(page)?.[1] ?? 0);
}

describeRedis('a damaged key of rate limits', () => {
  async function limiting() {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const { log, lines } = recordingLog();
    const limit = { max: 5, window: '1h' };
    const { fetch, gateway } = await startGateway({
      config: {
        admin: { port: 0 },
        plugins: { rateLimit: { store: { redis: redis.url, onError: 'refuse', timeout: '1s' } } },
        routes: {
          one: forwardTo('/one', { rateLimit: { ...limit, by: 'header:x-key' } }),
          two: forwardTo('/two', {
            rateLimit: [
              { ...limit, by: 'header:x-key' },
              { ...limit, by: 'route' },
            ],
          }),
        },
      },
      upstreams: { up: () => ({}) },
      log,
    });
    const ask = async (path: string, key = 'k') =>
      (await fetch(path, { headers: { 'x-key': key } })).status;
    const warned = () => lines().filter(({ level }) => level >= 40);
    return { client, ask, warned, adminUrl: gateway.adminUrl };
  }

  test('is replaced and counted, and is no outage for anybody', async () => {
    const { client, ask, warned, adminUrl } = await limiting();
    await ask('/one');
    const [key = ''] = await client.keys('*');
    for (const [i, [what, write]] of DAMAGES.entries()) {
      await client.del(key);
      await write(client, key);
      expect([what, await ask('/one'), await ask('/one', 'other')]).toEqual([
        what,
        200,
        i < 5 ? 200 : 429,
      ]);
      expect([what, await client.get(key)]).toEqual([
        what,
        expect.stringMatching(/^\d{16} [\d.]+$/) as unknown,
      ]);
      expect(await client.pttl(key)).toBeGreaterThan(0);
      expect(await metric(adminUrl, 'rate_limit_store_damaged_total')).toBe(i + 1);
    }
    expect(await metric(adminUrl, 'rate_limit_store_errors_total')).toBe(0);
    expect(warned()).toEqual([]);
  });

  test('leaves the other limits of its request as they are', async () => {
    const { client, ask } = await limiting();
    const keyOf = async (pattern: string) => (await client.keys(pattern))[0]!;
    for (let i = 0; i < 4; i += 1) expect(await ask('/two', `${i}`)).toBe(200);
    const before = await keyOf('*x-key*');
    await client.del(before);
    await client.lpush(before, 'x');
    expect(await ask('/two', 'last')).toBe(200);
    // The route had five in all, damaged key or not.
    expect(await ask('/two', 'more')).toBe(429);
  });

  test('counts from its replacement on', async () => {
    const { client, ask } = await limiting();
    await ask('/one');
    const [key = ''] = await client.keys('*');
    await client.set(key, 'garbage');
    const statuses = [];
    for (let i = 0; i < 6; i += 1) statuses.push(await ask('/one'));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });
});

describeRedis('a damaged API key', () => {
  test('is nobody’s, is counted, and is no outage for others', async () => {
    const { hash } = await import('node:crypto');
    const redis = await redisServer();
    const client = await clientOf(redis);
    const { log, lines } = recordingLog();
    const { fetch, gateway } = await startGateway({
      config: {
        admin: { port: 0 },
        plugins: { apiKey: { redis: { url: redis.url, cache: '1s' } } },
        routes: { a: forwardTo('/a', { apiKey: {} }) },
      },
      upstreams: { up: () => ({}) },
      log,
    });
    const nameOf = (key: string) => `portico:key:${hash('sha256', key)}`;
    const ask = async (key: string) =>
      (await fetch('/a', { headers: { 'x-api-key': key } })).status;
    const good = 'a-good-key-of-somebody-0123456789';
    const bad = (i: number) => `a-damaged-key-number-${i}-0123456789`;
    await client.hset(nameOf(good), 'consumer', 'acme');
    await client.set(nameOf(bad(0)), 'acme');
    await client.lpush(nameOf(bad(1)), 'acme');
    await client.hset(nameOf(bad(2)), 'plan', 'gold');
    await client.hset(nameOf(bad(3)), 'consumer', '');
    for (let i = 0; i < 4; i += 1) expect([await ask(bad(i)), await ask(good)]).toEqual([401, 200]);
    expect(await ask('an-unknown-key-0123456789-0123456789')).toBe(401);
    expect(await metric(gateway.adminUrl, 'api_key_store_damaged_total')).toBe(4);
    expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
  });
});

describeRedis('a damaged list of revocations', () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const PREFIX = 'test:revocations:';

  test.each<[string, (client: Redis) => Promise<unknown>]>([
    [
      'its meta of another type',
      async (client) => [await client.del(`${PREFIX}meta`), await client.set(`${PREFIX}meta`, 'x')],
    ],
    [
      'its entries of another type',
      async (client) => [
        await client.del(`${PREFIX}entries`),
        await client.set(`${PREFIX}entries`, 'x'),
      ],
    ],
    [
      'its log of another type',
      async (client) => [await client.del(`${PREFIX}log`), await client.lpush(`${PREFIX}log`, 'x')],
    ],
    [
      'its ends of another type',
      async (client) => [
        await client.del(`${PREFIX}ends`),
        await client.hset(`${PREFIX}ends`, 'x', '1'),
      ],
    ],
    ['a number that is none', (client) => client.hset(`${PREFIX}meta`, 'number', 'garbage')],
    ['a number that is no number', (client) => client.hset(`${PREFIX}meta`, 'number', 'nan')],
    [
      'an entry that is none',
      async (client) => {
        const [key = ''] = await client.hkeys(`${PREFIX}entries`);
        return client.hset(`${PREFIX}entries`, key, 'garbage');
      },
    ],
    ['a place in its log beyond all numbers', (client) => client.zadd(`${PREFIX}log`, '+inf', 'x')],
  ])('with %s is mended, loses nothing, and is no outage', async (_what, damage) => {
    const redis = await redisServer();
    const client = await clientOf(redis);
    const one = await sharing(redis);
    const first = { jti: 'first' };
    expect(await one.revoke({ ...first, until: now() + 600 })).toBe(200);
    await damage(client);
    const second = { jti: 'second' };
    expect(await one.revoke({ ...second, until: now() + 600 })).toBe(200);
    const other = await sharing(redis);
    for (const gateway of [one, other]) {
      await expect.poll(() => gateway.statusOf(second), { timeout: 5_000 }).toBe(401);
      await expect.poll(() => gateway.statusOf({ jti: 'none' })).toBe(200);
      expect(gateway.told('cannot be reached')).toEqual([]);
      expect(gateway.told('cannot be reached')).toEqual([]);
    }
    await expect.poll(() => other.statusOf(first), { timeout: 5_000 }).toBe(401);
  });
});
