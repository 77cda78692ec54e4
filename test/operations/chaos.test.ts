import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel, report } from '../chaos/measure.ts';
import { ARE_CHECKED, bound, size } from '../helpers/figures.ts';
import { describePostgres, postgresForTest } from '../helpers/postgres.ts';
import { seeded } from '../helpers/seeded.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { GatewayProcess, PATIENCE_MS } from './gateway-process.ts';
import type { Resource } from './gateways.ts';
import { type Ledger, startLedger } from './shop.ts';
import { faultsIn, makeStrict, planOf, strictFulfilment, strictOrder } from './strict-ledger.ts';

const SAGAS = size('CHAOS_SAGAS', 16, 500);
const KILLS = size('CHAOS_KILLS', 3, 52);
const STOPS = size('CHAOS_STOPS', 1, 5);
const RESTARTS = size('CHAOS_RESTARTS', 1, 2);
const SEED = size('CHAOS_SEED', 1, 1);
/** Between two kills. */
const PACE_MS = bound(4_000, 1_000);
const STOP_MS = bound(20_000, 2_000);
/** Until a call is given up, and until a late one arrives. */
const UPSTREAM_MS = bound(3_000, 1_000);
const LATE_MS = UPSTREAM_MS + 500;
const LEASE = ARE_CHECKED ? { heartbeat: '3s', dead: '15s' } : { heartbeat: '200ms', dead: '1s' };

/** At once, so that one works. */
const MOST_AWAY = 2;

/** Three gateways on one store, with a bad network before their upstream. */
class Cluster {
  readonly gateways: GatewayProcess[];
  readonly #random = seeded(SEED);
  /** Which of them run, and are left alone. */
  readonly #busy = new Set<GatewayProcess>();

  constructor(gateways: GatewayProcess[]) {
    this.gateways = gateways;
  }

  any(): GatewayProcess {
    return this.gateways[Math.floor(this.#random() * this.gateways.length)]!;
  }

  /** Takes one of those that run away from the rest for a while. */
  async #with(act: (gateway: GatewayProcess) => Promise<void>): Promise<void> {
    let gateway = this.any();
    while (this.#busy.has(gateway) || this.#busy.size >= MOST_AWAY) {
      await delay(20);
      gateway = this.any();
    }
    this.#busy.add(gateway);
    try {
      await act(gateway);
    } finally {
      this.#busy.delete(gateway);
    }
  }

  /** @returns once it runs again */
  kill(): Promise<void> {
    return this.#with(async (gateway) => {
      await gateway.end('SIGKILL');
      await delay(this.#random() * PACE_MS);
      gateway.run();
      await gateway.untilOpen(PATIENCE_MS);
    });
  }

  stop(): Promise<void> {
    return this.#with(async (gateway) => {
      gateway.freeze();
      await delay(STOP_MS);
      gateway.thaw();
    });
  }

  /** Starts one, asking gateways by chance until one has accepted it. */
  async accepted(i: number): Promise<string> {
    const headers = { 'idempotency-key': `order-${i}` };
    const order = strictOrder(i, planOf(i));
    for (;;) {
      const signal = AbortSignal.timeout(5_000);
      const answer = await this.any()
        .fetch('/fulfilments', {
          method: 'POST',
          body: order,
          signal,
          headers: { 'content-type': 'application/json', ...headers },
        })
        .catch(() => undefined);
      const body = await answer?.text().catch(() => undefined);
      if (answer?.status === 202 && body !== undefined) return (JSON.parse(body) as Resource).id;
      if (answer !== undefined && answer.status !== 202) expect(answer.status, body).toBe(503);
      await delay(500 + 1_000 * this.#random());
    }
  }
}

/** One after another, evenly over `ms`. */
async function spread(count: number, ms: number, act: () => Promise<void>): Promise<void> {
  const acts: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    await delay(ms / (count + 1));
    acts.push(act());
  }
  await Promise.all(acts);
}

describePostgres('three gateways on one store', () => {
  test('lose nothing that was accepted, and do and undo each thing once, whatever dies', async () => {
    const postgres = await postgresForTest();
    const random = seeded(SEED + 1);
    const ledger = await startLedger();
    makeStrict(ledger, () => random() * bound(400, 100));
    const proxy = await startFaultProxy(ledger.url, {
      share: 0.08,
      seed: SEED + 2,
      lateMs: LATE_MS,
    });
    const cluster = new Cluster(
      await inParallel(3, 3, (i) =>
        GatewayProcess.start({
          store: {
            postgres: postgres.url(),
            ...LEASE,
            timeout: '2s',
            // One of them promises nothing, so that others find out.
            ...(i > 0 && { node: `gw-${i}` }),
          },
          url: proxy.url,
          saga: strictFulfilment(2 * LATE_MS),
          more: {
            upstreams: {
              shop: {
                targets: [proxy.url],
                retry: false,
                breaker: false,
                timeout: `${UPSTREAM_MS}ms`,
              },
            },
          },
        }),
      ),
    );

    const ms = KILLS * PACE_MS;
    const from = performance.now();
    const kills = spread(KILLS, ms, () => cluster.kill());
    const stops = spread(STOPS, ms, () => cluster.stop());
    const restarts = spread(RESTARTS, ms, async () => {
      await postgres.kill();
      await delay(bound(2_000, 500));
      await postgres.start();
    });
    const ids = await inParallel(SAGAS, SAGAS, async (i) => {
      await delay((i / SAGAS) * ms);
      return cluster.accepted(i);
    });
    await Promise.all([kills, stops, restarts]);
    const calmMs = performance.now();
    const [first] = cluster.gateways;
    await first!.untilOpen(PATIENCE_MS);
    const ended = await inParallel(SAGAS, 20, (i) => first!.ended(ids[i]!, 'ada', 300_000));
    tell(ledger, proxy, ended, { chaosMs: calmMs - from, lastMs: performance.now() - calmMs });
    for (const each of ended.filter(({ status }) => status === 'stuck')) report('stuck', each);
    expect(ended.flatMap((each) => faultsIn(ledger, each))).toEqual([]);
    const plans = ended.filter((each, i) => planOf(i) === undefined || each.status === 'failed');
    expect(plans).toHaveLength(SAGAS);
  }, 1_500_000);
});

function tell(
  { calls, keys }: Ledger,
  { counts }: FaultProxy,
  ended: readonly Resource[],
  times: object,
): void {
  const withStatus = (status: string): number =>
    ended.filter((each) => each.status === status).length;
  const known = new Set(keys);
  const effective = calls.filter(({ key }) => known.has(key)).length;
  report('chaos', {
    seed: SEED,
    sagas: SAGAS,
    kills: KILLS,
    stops: STOPS,
    restarts: RESTARTS,
    completed: withStatus('completed'),
    failed: withStatus('failed'),
    stuck: withStatus('stuck'),
    calls: calls.length,
    effects: keys.length,
    repeatedCalls: effective - keys.length,
    networkFaults: counts,
    ...times,
  });
}
