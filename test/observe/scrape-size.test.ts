/** What a scrape of many series costs a gateway in a process of its own, whose every route has had traffic. */
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { cpuTimeNs } from '../../src/load/cpu-time.ts';
import { type GatewayProcess, startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { startUpstream } from '../helpers/upstream.ts';

const ROUTES = size('ROUTES', 200, 10_000);
const STATUSES = [200, 201, 400, 404, 500];
/** A histogram's buckets, sum and count, and a counter for each status. */
const LINES_PER_ROUTE = 14 + STATUSES.length;

async function startWithTraffic(): Promise<GatewayProcess> {
  const { url } = await startUpstream(({ url: path = '' }, response) => {
    response.writeHead(Number(path.split('/').at(-1))).end();
  });
  const routes = Array.from({ length: ROUTES }, (_, i) => [
    `r${i}`,
    { match: { path: `/api/r${i}/*` }, upstream: 'up' },
  ]);
  const gateway = await startGatewayProcess({
    telemetry: { logs: { access: false } },
    upstreams: { up: { targets: [url], breaker: false, outlier: false } },
    routes: Object.fromEntries(routes) as object,
  });
  const paths = STATUSES.flatMap((status) =>
    routes.map(([name]) => `/api/${name as string}/${status}`),
  );
  await ask(gateway.url, paths.values());
  return gateway;
}

/** Each path once. */
async function ask(url: string, paths: Iterator<string>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const one = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      get(`${url}${path}`, { agent }, (response) => {
        response.resume().once('end', resolve);
      }).once('error', reject);
    });
  const worker = async (): Promise<void> => {
    for (let next = paths.next(); next.done !== true; next = paths.next()) await one(next.value);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  agent.destroy();
}

interface Cost {
  readonly lines: number;
  readonly cpuMs: number;
  /** Longest time in which nothing else could run. */
  readonly blockMs: number;
  readonly memoryMiB: number;
}

/** The timer that measures blocks is late by that much on its own. */
const TIMER_MS = 10;

async function scrape(gateway: GatewayProcess, accept: string): Promise<Cost> {
  const pid = gateway.child.pid!;
  // Begins a new peak.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const [memory, cpu] = [gateway.memoryMiB(), cpuTimeNs(pid)];
  const response = await fetch(`${gateway.adminUrl}/metrics`, { headers: { accept } });
  const text = await response.text();
  return {
    lines: text.split('\n').length,
    cpuMs: (cpuTimeNs(pid) - cpu) / 1e6,
    blockMs: Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1]) * 1_000 - TIMER_MS,
    memoryMiB: gateway.peakMiB() - memory,
  };
}

const FORMATS = ['text/plain', 'application/openmetrics-text'];

describe('a scrape of many routes with traffic', { timeout: 180_000, ...FIGURE_TRIES }, () => {
  test('is cheap, holds nothing up, and takes no memory to speak of', async () => {
    const gateway = await startWithTraffic();
    for (const accept of FORMATS) {
      // Ends the time in which blocks are measured, and compiles.
      await scrape(gateway, accept);
      const cost = await scrape(gateway, accept);
      expect(cost.lines).toBeGreaterThan(ROUTES * LINES_PER_ROUTE);
      expect(cost.cpuMs).toBeLessThan(bound(400, 10_000));
      expect(cost.blockMs).toBeLessThan(bound(20, 5_000));
      expect(cost.memoryMiB).toBeLessThan(20);
    }
  });
});
