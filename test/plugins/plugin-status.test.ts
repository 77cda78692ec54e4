/** What `/status` says of the servers that plugins depend on. */
import { describe, expect, test } from 'vitest';
import { StoreHealth } from '../../plugins/shared/redis/store-health.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { respond } from '../reload/reloading.ts';
import { startIssuer } from './issuer.ts';

const LIMIT = { rateLimit: { max: 9, window: '1m', by: 'address' } };

async function limitedBy(redis: string) {
  const store = { redis, onError: 'allow', timeout: '100ms' };
  const { gateway, fetch } = await startGateway({
    config: {
      plugins: { rateLimit: { store } },
      routes: { all: { ...respond('/'), ...LIMIT } },
    },
  });
  return { fetch, report: () => gateway.status().plugins[0] };
}

describe('a store', () => {
  test('says since when it is as it is, and keeps its last error when it is back', () => {
    let now = 1_000;
    const health = new StoreHealth('the store of x', 'redis:6379', () => now);
    expect(health.state()).toMatchObject({ isOk: false, since: undefined });
    health.isBack();
    now = 2_000;
    health.isBack();
    expect(health.state()).toMatchObject({ isOk: true, since: 1_000 });
    health.isAway();
    health.failed('ECONNRESET');
    now = 3_000;
    health.isAway();
    expect(health.state()).toMatchObject({ isOk: false, since: 2_000 });
    health.isBack();
    expect(health.state()).toMatchObject({
      isOk: true,
      since: 3_000,
      lastError: { at: 2_000, why: 'ECONNRESET' },
    });
  });

  test('that is not there is told with its address and the cause, without user and password', async () => {
    const port = await quietPort();
    const { report } = await limitedBy(`redis://user:zz-secret@127.0.0.1:${port}/0`);
    expect(report()).toMatchObject({
      plugin: 'rateLimit',
      kind: 'redis',
      name: `127.0.0.1:${port}`,
      ok: false,
      lastError: { why: 'ECONNREFUSED' },
      facts: { for: 'the store of rate limits' },
    });
    expect(JSON.stringify(report())).not.toContain('zz-secret');
  });
});

describeRedis('a Redis', () => {
  test('is told to be there, then to be gone, and back', async () => {
    const redis = await redisServer();
    const { fetch, report } = await limitedBy(redis.url);
    await fetch('/');
    expect(report()).toMatchObject({ ok: true, since: expect.any(String) });
    expect(report()).not.toHaveProperty('lastError');
    await redis.kill();
    await expect.poll(() => report()?.ok).toBe(false);
    await redis.start();
    await expect.poll(() => report()?.ok, { timeout: 10_000 }).toBe(true);
    expect(report()?.lastError).toBeDefined();
  });
});

describe('a key set', () => {
  test('is told with how many keys it has, how old it is, and why it could not be fetched', async () => {
    const { issuer, jwks } = await startIssuer('https://own.example');
    const own = { issuer: issuer.issuer, jwks: `${jwks}?zz=zz-secret`, algorithms: ['ES256'] };
    const { gateway, fetch } = await startGateway({
      config: {
        plugins: { jwt: { issuers: { own } } },
        routes: { all: { ...respond('/'), jwt: { issuer: 'own' } } },
      },
    });
    const report = () => gateway.status().plugins[0];
    expect(report()).toMatchObject({ ok: true, facts: { issuer: 'own', keys: 0 } });
    await fetch('/', { headers: { authorization: `Bearer ${issuer.sign({ aud: undefined })}` } });
    expect(report()).toMatchObject({
      plugin: 'jwt',
      kind: 'key set',
      name: jwks,
      ok: true,
      since: expect.any(String),
      facts: { keys: 1, ageSeconds: 0 },
    });
    issuer.isDown = true;
    const unknown = issuer.sign({}, { kid: 'another' });
    await fetch('/', { headers: { authorization: `Bearer ${unknown}` } });
    expect(report()).toMatchObject({ ok: false, facts: { keys: 1 } });
    expect(report()?.lastError?.why).toMatch(/answered|ECONN|other side/);
    expect(JSON.stringify(report())).not.toContain('zz-secret');
  });

  test('that is in the config is not told', async () => {
    const own = { issuer: 'x', secret: 's'.repeat(40), algorithms: ['HS256'] };
    const { gateway } = await startGateway({
      config: { plugins: { jwt: { issuers: { own } } }, routes: { all: respond('/') } },
    });
    expect(gateway.status().plugins).toEqual([]);
  });
});
