/** What operations cost: their clients, those of other routes, and the machine. `bench/operations` runs this alone. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { inParallel, quantile, report } from '../chaos/measure.ts';
import { ARE_CHECKED, bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { GatewayProcess } from './gateway-process.ts';
import { routesOf } from './gateways.ts';
import { paced } from './paced.ts';
import { ORDER } from './shop.ts';

const STARTS = size('COST_STARTS', 10, 500);
const WAITS = size('COST_WAITS', 5, 200);
const LOAD_MS = size('COST_MS', 1_500, 60_000);
const SAGAS_PER_SECOND = size('COST_SAGAS', 10, 100);
const FORWARDED_PER_SECOND = size('COST_RATE', 50, 200);
/** In all, and after how many memory is expected to stay where it is. */
const [MANY, WARM] = [size('COST_MANY', 40, 20_000), size('COST_WARM', 20, 5_000)];

/** Answers each step at once, in a process of its own. */
async function startServices(): Promise<string> {
  const child = spawn(process.execPath, ['bench/upstream.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return (JSON.parse(line) as { url: string }).url;
  throw new Error('the services ended');
}

const CALL = { call: { upstream: 'shop', path: '/step' } };
/** Four steps. */
const SAGA = {
  running: 1_000,
  steps: {
    reserve: { ...CALL, undo: 'none' },
    charge: { ...CALL, undo: 'none' },
    ship: { ...CALL, undo: 'none' },
    confirm: CALL,
  },
};

const msOf = (pairs: readonly { readonly ms: number }[]): readonly number[] =>
  pairs.map(({ ms }) => ms);

describePostgres('an operation', { timeout: 900_000, ...FIGURE_TRIES }, () => {
  const postgres = ownPostgres();
  let databases = 0;

  /** A gateway with default leases over a database of its own. */
  const gateway = async (): Promise<GatewayProcess> => {
    const url = await startServices();
    return GatewayProcess.start({
      store: {
        postgres: postgres.database(`cost_${databases++}`),
        heartbeat: '3s',
        dead: '15s',
        timeout: '10s',
      },
      url,
      saga: SAGA,
      more: {
        upstreams: { shop: { targets: [url] } },
        routes: routesOf({ item: { match: { path: '/item' }, upstream: 'shop' } }),
      },
    });
  };
  const timed = async (
    shop: GatewayProcess,
    headers: Record<string, string>,
  ): Promise<{ readonly ms: number; readonly status: number }> => {
    const from = performance.now();
    const answer = await shop.start(ORDER, headers);
    await answer.arrayBuffer();
    return { ms: performance.now() - from, status: answer.status };
  };

  test('is accepted in 10 ms, and done within 40', async () => {
    const shop = await gateway();
    for (let i = 0; i < STARTS / 5; i++) await timed(shop, { prefer: 'wait=20' });
    const waits = await inParallel(WAITS, 1, () => timed(shop, { prefer: 'wait=20' }));
    const starts = await inParallel(STARTS, 1, () => timed(shop, {}));
    expect(new Set(starts.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(waits.map(({ status }) => status))).toEqual(new Set([200]));
    const [p50, p99, waitP50, waitP99] = [
      quantile(msOf(starts), 0.5),
      quantile(msOf(starts), 0.99),
      quantile(msOf(waits), 0.5),
      quantile(msOf(waits), 0.99),
    ];
    report('202 and wait=', { p50, p99, waitP50, waitP99, load: loadavg()[0] });
    expect(p50).toBeLessThan(bound(10, 20_000));
    expect(waitP50).toBeLessThan(bound(40, 20_000));
  });

  test('costs clients of other routes at most a fifth of their latency, at a hundred a second', async () => {
    const shop = await gateway();
    const forward = (): Promise<readonly { readonly ms: number; readonly status: number }[]> => {
      const until = performance.now() + LOAD_MS;
      return paced(`${shop.url}/item`, FORWARDED_PER_SECOND, () => performance.now() > until);
    };
    await forward();
    const without = await forward();
    const answers: Promise<number>[] = [];
    const over = new AbortController();
    const sagas = (async () => {
      const from = performance.now();
      while (!over.signal.aborted) {
        const due = from + (answers.length * 1_000) / SAGAS_PER_SECOND;
        const waitMs = due - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        else answers.push(timed(shop, {}).then(({ status }) => status));
      }
      return Promise.all(answers);
    })();
    const beside = await forward();
    over.abort();
    const statuses = await sagas;
    const [p99, p99Beside] = [quantile(msOf(without), 0.99), quantile(msOf(beside), 0.99)];
    report('forwarded beside sagas', {
      sagas: statuses.length,
      accepted: statuses.filter((status) => status === 202).length,
      forwarded: beside.length,
      p50: quantile(msOf(without), 0.5),
      p50Beside: quantile(msOf(beside), 0.5),
      p99,
      p99Beside,
      ratio: p99Beside / p99,
      load: loadavg()[0],
    });
    expect(beside.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(statuses)).toEqual(new Set([202]));
    expect(p99Beside / p99).toBeLessThan(bound(1.2, 10_000));
  });

  test('leaves no memory behind', async () => {
    const shop = await gateway();
    const mib = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${shop.pid}/status`, 'utf8'))?.[1]) / 1_024;
    const many = async (count: number): Promise<void> => {
      const statuses = await inParallel(count, 50, async () => {
        const { status } = await timed(shop, { prefer: 'wait=20' });
        return status;
      });
      expect(new Set(statuses)).toEqual(new Set([200]));
    };
    const from = performance.now();
    const curve = [mib()];
    await many(WARM);
    curve.push(mib());
    for (let done = WARM; done < MANY; done += WARM) {
      await many(WARM);
      curve.push(mib());
    }
    const perSecond = (MANY * 1_000) / (performance.now() - from);
    report('memory', { sagas: MANY, every: WARM, mib: curve, perSecond, load: loadavg()[0] });
    const grown = curve.at(-1)! - curve[1]!;
    // What the collector has not looked at yet comes and goes.
    if (ARE_CHECKED) expect(grown).toBeLessThan(30);
  });
});
