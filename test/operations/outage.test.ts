import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel, quantile, report } from '../chaos/measure.ts';
import { bound, size } from '../helpers/figures.ts';
import { describePostgres, postgresForTest } from '../helpers/postgres.ts';
import { startUpstream } from '../helpers/upstream.ts';
import { GatewayProcess } from './gateway-process.ts';
import { type Resource, routesOf } from './gateways.ts';
import { paced } from './paced.ts';
import { ORDER, startLedger } from './shop.ts';

const RUNNING = size('OUTAGE_RUNNING', 10, 100);
const OUTAGE_MS = bound(30_000, 2_500);
const PER_SECOND = size('OUTAGE_RATE', 50, 200);
const LEASE = bound(15_000, 2_000);

describePostgres('a store that is away', { timeout: 400_000 }, () => {
  test.each(['killed', 'hung'] as const)(
    'because it is %s costs forwarded requests nothing, starts two seconds, and operations their time',
    async (how) => {
      const postgres = await postgresForTest();
      const ledger = await startLedger();
      ledger.fault = async () => {
        await delay(bound(1_000, 300));
        return undefined;
      };
      const plain = await startUpstream((_request, response) => void response.end('{}'));
      const store = {
        postgres: postgres.url(),
        timeout: '2s',
        heartbeat: `${LEASE / 5}ms`,
        dead: `${LEASE}ms`,
      };
      const shop = { targets: [ledger.url], retry: false, breaker: false, timeout: '30s' };
      const [gateway, other] = (await inParallel(2, 2, () =>
        GatewayProcess.start({
          store,
          url: ledger.url,
          more: {
            upstreams: { shop, plain: { targets: [plain.url] } },
            routes: routesOf({ item: { match: { path: '/item' }, upstream: 'plain' } }),
          },
        }),
      )) as [GatewayProcess, GatewayProcess];
      const forward = async (ms: number) => {
        const until = performance.now() + ms;
        return paced(`${gateway.url}/item`, PER_SECOND, () => performance.now() > until);
      };
      await forward(1_000);
      const before = await forward(OUTAGE_MS);
      const ids = await inParallel(RUNNING, RUNNING, async (i) => {
        const answer = await (i % 2 === 0 ? gateway : other).start(ORDER);
        return ((await answer.json()) as Resource).id;
      });

      if (how === 'killed') await postgres.kill();
      else postgres.freeze();
      const away = forward(OUTAGE_MS);
      const starts: { readonly status: number; readonly ms: number }[] = [];
      const until = performance.now() + OUTAGE_MS;
      while (performance.now() < until) {
        const from = performance.now();
        const { status } = await gateway.start(ORDER);
        starts.push({ status, ms: performance.now() - from });
        await delay(200);
      }
      const during = await away;
      if (how === 'killed') await postgres.start();
      else postgres.thaw();
      const from = performance.now();
      const ended = await inParallel(RUNNING, 10, (i) => gateway.ended(ids[i]!, 'ada', 200_000));
      const endedMs = performance.now() - from;

      const p99 = (all: readonly { readonly ms: number }[]): number =>
        quantile(
          all.map(({ ms }) => ms),
          0.99,
        );
      report(`store ${how}`, {
        awayMs: OUTAGE_MS,
        forwarded: during.length,
        p99BeforeMs: p99(before),
        p99AwayMs: p99(during),
        starts: starts.length,
        slowestStartMs: Math.max(...starts.map(({ ms }) => ms)),
        operations: ids.length,
        endedMsAfter: endedMs,
        repeatedCalls: ledger.calls.length - ledger.effects.length,
        load: loadavg()[0],
      });
      expect(during.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(starts.map(({ status }) => status))).toEqual(new Set([503]));
      expect(Math.max(...starts.map(({ ms }) => ms))).toBeLessThan(bound(2_100, 10_000));
      expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['completed']));
      // All gateways lived: nobody took anything over, so nothing was called again.
      expect(ledger.calls.length - ledger.effects.length).toBeLessThanOrEqual(bound(0, RUNNING));
      expect(p99(during)).toBeLessThan(bound(1.1 * p99(before), 60_000));
    },
  );
});
