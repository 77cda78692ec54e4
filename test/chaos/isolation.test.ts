import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { ask, keptSockets } from './client.ts';
import { inParallel, median, quantile, report } from './measure.ts';
import { startChaos } from './upstream.ts';

const CALLS = size('ISOLATION_CALLS', 1_500, 5_000);
const ROUNDS = 5;
/** Few, so that they wait for the gateway and not for each other in this process. */
const CONCURRENCY = 2;
const SLOTS = 128;
const QUEUE = 32;
/** More than slots and queue hold, so that some are always sent away. */
const SLOW_CLIENTS = 200;
const PAUSE_MS = 200;
/** p95 with the slow upstream, in times of that without. */
const MOST = bound(1.5, 10);

/** Clients that keep an upstream's bulkhead full until they are stopped. */
function crowd(url: string): { stop: () => void } {
  const agent = new Agent({ keepAlive: true });
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const { status } = await ask(url, { agent });
      if (status === 503) await sleep(PAUSE_MS);
    }
  };
  for (let i = 0; i < SLOW_CLIENTS; i++) void client();
  return {
    stop: () => {
      over.abort();
      agent.destroy();
    },
  };
}

async function p95(url: string, agent: Agent): Promise<number> {
  const times = await inParallel(CALLS, CONCURRENCY, async () => {
    const startedAt = performance.now();
    const { status } = await ask(url, { agent });
    expect(status).toBe(200);
    return performance.now() - startedAt;
  });
  return quantile(times, 0.95);
}

test(
  `a slow upstream at its limit leaves the p95 of another within ${MOST} times of what it was`,
  { timeout: 120_000, ...FIGURE_TRIES },
  async () => {
    const slow = await startChaos('slow', { slowMs: 2_000 });
    const fast = await startChaos('ok');
    const gateway = await startGatewayProcess({
      telemetry: { logs: { access: false } },
      upstreams: {
        slow: {
          targets: [slow.url],
          timeout: '5s',
          bulkhead: { concurrency: SLOTS, queue: QUEUE, wait: '1s' },
        },
        fast: { targets: [fast.url] },
      },
      routes: {
        slow: { match: { path: '/slow' }, upstream: 'slow' },
        fast: { match: { path: '/fast' }, upstream: 'fast' },
      },
    });
    const gauge = async (name: string): Promise<number> => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(new RegExp(`^${name}{upstream="slow"} (\\d+)`, 'm').exec(text)?.[1]);
    };
    const until = async (name: string, value: number): Promise<void> => {
      while ((await gauge(name)) !== value) await sleep(10);
    };
    const agent = keptSockets();
    const alone: number[] = [];
    const beside: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await p95(`${gateway.url}/fast`, agent);
      const others = crowd(`${gateway.url}/slow`);
      await until('portico_bulkhead_slots', SLOTS);
      await until('portico_bulkhead_queue', QUEUE);
      const during = await p95(`${gateway.url}/fast`, agent);
      expect(await gauge('portico_bulkhead_slots')).toBe(SLOTS);
      others.stop();
      await until('portico_bulkhead_slots', 0);
      if (round === 0) continue;
      alone.push(before);
      beside.push(during);
    }
    const ratio = median(beside) / median(alone);
    report('isolation', { ratio, alone, beside });
    expect(ratio).toBeLessThanOrEqual(MOST);
  },
);
