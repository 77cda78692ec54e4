/** docs/recipes: health, and a limit that several gateways share. */
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { closedOrigin, startUpstream } from '../gateway/support/upstream.ts';
import { Page } from '../helpers/page.ts';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { metricsOf } from '../listener/gateway.ts';
import { served } from './served.ts';

describe('docs/recipes/health.md', () => {
  const [written] = new Page('docs/recipes/health.md').blocks('yaml');
  /** Nobody waits for a load balancer. */
  const example = written!.replace('delay: 5s', 'delay: 0s');

  test('leaves out a target that fails its checks, and says so', async () => {
    const healthy = await startUpstream((_request, response) => response.end('healthy'));
    const sick = await startUpstream((_request, response) => response.writeHead(500).end('sick'));
    const gateway = await served(example, {
      replace: {
        'http://orders-1:4001': healthy,
        'http://orders-2:4001': sick,
        'interval: 5s': 'interval: 50ms',
      },
    });
    const seen = (target: string) => `portico_target_healthy{upstream="orders",target="${target}"}`;
    await expect.poll(() => metricsOf(gateway)).toContain(`${seen(sick)} 0`);
    expect(await metricsOf(gateway)).toContain(`${seen(healthy)} 1`);
    for (let i = 0; i < 5; i += 1) {
      expect(await (await gateway.fetch('/api/orders/1')).text()).toBe('healthy');
    }
  });

  test('is ready and alive whatever its upstreams do', async () => {
    const gone = { 1: await closedOrigin(), 2: await closedOrigin() };
    const { gateway } = await served(example, {
      replace: { 'http://orders-1:4001': gone[1], 'http://orders-2:4001': gone[2] },
    });
    for (const path of ['/livez', '/readyz']) {
      expect((await fetch(`${gateway.adminUrl}${path}`)).status).toBe(200);
    }
  });
});

describeRedis('docs/recipes/shared-limit.md', () => {
  const [example] = new Page('docs/recipes/shared-limit.md').blocks('yaml');

  test('counts for two gateways together, and for each alone while Redis is down', async () => {
    const redis = await redisServer();
    const gateway = () =>
      served(example!, {
        environment: { REDIS_URL: redis.url },
        upstreams: { search: () => ({}) },
      });
    const [one, other] = [await gateway(), await gateway()];
    const statuses = async (...order: readonly (typeof one)[]) => {
      const told = [];
      for (const { fetch } of order) told.push((await fetch('/search')).status);
      return told;
    };

    expect(await statuses(one, other, one, other, one)).toEqual([200, 200, 200, 429, 429]);
    expect(await codeOf(await other.fetch('/search'))).toBe('GW_RATE_LIMITED');

    await redis.kill();
    expect(await statuses(one, one, one, one)).toEqual([200, 200, 200, 429]);
    expect(await statuses(other)).toEqual([200]);
  });
});
