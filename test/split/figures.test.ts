/** What is counted of each side, whether it may be aborted or not. */
import { describe, expect, test } from 'vitest';
import type { MigrationList, SideTraffic } from '../../src/admin/page-data.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { manualClock } from '../helpers/clock.ts';
import { startReloading } from '../reload/reloading.ts';
import { splitGateway, type SplitOptions } from './support.ts';

const EVEN = [{ upstream: 'old' }, { upstream: 'new', weight: 50 }];
const PLAIN = { config: { defaults: { upstreams: { retry: false, breaker: false } } } };

async function trafficAt(adminUrl: string): Promise<readonly (SideTraffic | undefined)[]> {
  const answer = await fetch(`${adminUrl}/migration`);
  const { routes } = (await answer.json()) as MigrationList;
  return routes[0]!.sides.map(({ traffic }) => traffic);
}

/** All requests go to `new`. */
async function toNew(up: FakeUpstream, more: SplitOptions = {}) {
  const gateway = await splitGateway(EVEN, {
    ...PLAIN,
    random: () => 0,
    ...more,
    upstreams: { new: up },
  });
  await gateway.sideOf();
  return trafficAt(gateway.adminUrl);
}

describe('of a side without abort', () => {
  test('4xx are calls, and no failures', async () => {
    expect(await toNew(() => ({ status: 404 }))).toMatchObject([
      { calls: 0, failures: 0 },
      { calls: 1, failures: 0, latency: {} },
    ]);
  });

  test('a call without an answer fails, and has no time', async () => {
    const [, traffic] = await toNew(() => {
      throw new GatewayError('GW_UPSTREAM_CONNECT', 'down');
    });
    expect(traffic).toEqual({ calls: 1, failures: 1 });
  });

  test('a call that is retried is one', async () => {
    let tries = 0;
    const [, traffic] = await toNew(() => ({ status: (tries += 1) < 3 ? 503 : 200 }), {
      config: {
        defaults: {
          upstreams: { breaker: false, retry: { attempts: 3, backoff: '1ms', on: [503] } },
        },
      },
    });
    expect([tries, traffic]).toMatchObject([3, { calls: 1, failures: 0 }]);
  });

  test('what a fallback answers counts for the side that failed, and for no other', async () => {
    const sides = await toNew(() => ({ status: 500 }), {
      route: { fallback: { upstream: 'old' } },
    });
    expect(sides).toMatchObject([
      { calls: 0, failures: 0 },
      { calls: 1, failures: 1 },
    ]);
  });

  test('the time is that to the head of the answer', async () => {
    const clock = manualClock();
    const [, traffic] = await toNew(
      () => {
        clock.advance(40);
        return { body: 'late' };
      },
      { clock },
    );
    // In its bucket, from 38.3 to 46 ms.
    expect(traffic!.latency!.meanMs).toBe(40);
    expect(traffic!.latency!.p95Ms).toBeGreaterThan(38);
    expect(traffic!.latency!.p95Ms).toBeLessThan(46);
  });
});

test('a client that leaves is not counted', async () => {
  const arrived = Promise.withResolvers<void>();
  const up = await startUpstream(() => arrived.resolve());
  const gateway = await splitGateway(EVEN, {
    ...PLAIN,
    random: () => 0,
    upstreams: { new: undefined },
    config: { ...PLAIN.config, upstreams: { new: { targets: [up] } } },
  });
  const leaving = new AbortController();
  const asked = gateway.fetch('/a', { signal: leaving.signal });
  await arrived.promise;
  leaving.abort();
  await expect(asked).rejects.toThrow();
  expect((await trafficAt(gateway.adminUrl))[1]).toEqual({ calls: 0, failures: 0 });
});

test('it survives reloads, and is gone once the side has left the split', async () => {
  const url = await startUpstream((_request, response) => void response.end('ok'));
  const upstreams = { old: { targets: [url] }, new: { targets: [url] }, beta: { targets: [url] } };
  const config = (...split: readonly object[]) => ({
    upstreams,
    routes: { shop: { match: { path: '/*' }, split } },
  });
  const gateway = await startReloading(
    config({ upstream: 'old' }, { upstream: 'new', weight: 99.999 }),
  );
  await gateway.status('/a');
  const callsOf = async () =>
    (await trafficAt(gateway.gateway.adminUrl!)).map((traffic) => traffic?.calls);
  expect(await callsOf()).toEqual([0, 1]);
  await gateway.change(
    config(
      { upstream: 'old' },
      { upstream: 'new', weight: 50, abort: { errors: '5%', window: '10s' } },
    ),
  );
  expect(await callsOf()).toEqual([0, 1]);
  await gateway.change(config({ upstream: 'old' }, { upstream: 'beta', weight: 50 }));
  expect(await callsOf()).toEqual([0, 0]);
  // The generation before has ended by then.
  await gateway.change(config({ upstream: 'old' }, { upstream: 'new', weight: 50 }));
  expect(await callsOf()).toEqual([0, 0]);
});
