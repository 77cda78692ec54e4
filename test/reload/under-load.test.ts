/** Nothing is lost when the config changes under load, again and again. */
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { quantile, report } from '../chaos/measure.ts';
import { type GatewayProcess, startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { startUpstream } from '../helpers/upstream.ts';

const SECONDS = size('RELOAD_SECONDS', 6, 60);
const CONNECTIONS = size('RELOAD_CONNECTIONS', 16, 64);
const EVERY_MS = 1_000;
const VIEW = fileURLToPath(new URL('view.ts', import.meta.url));

/** Each differs from the one before in another way; every fifth is broken. */
function configAt(i: number, upstream: string): object {
  const limit = { max: 1_000_000 + (i % 7), window: '1m', by: 'address' };
  const routes = {
    all: {
      match: { path: '/*' },
      upstream: 'up',
      rateLimit: { max: 1_000_000, window: '1m', by: 'address' },
    },
    limited: { match: { path: '/limited/*' }, upstream: 'up', rateLimit: limit },
    view: {
      match: { path: '/view/*' },
      bff: VIEW,
      ...(i % 2 === 0 ? { securityHeaders: {} } : {}),
    },
    ...Object.fromEntries(
      Array.from({ length: i % 4 }, (_, n) => [
        `extra${n}`,
        { match: { path: `/extra/${n}` }, upstream: 'other' },
      ]),
    ),
  };
  return {
    version: 1,
    server: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    telemetry: { logs: { access: false } },
    upstreams: {
      up: { targets: [upstream] },
      other: { targets: [upstream], timeout: `${1 + (i % 5)}s` },
    },
    routes: i % 5 === 4 ? { ...routes, broken: { match: { path: '/b' } } } : routes,
  };
}

interface Asked {
  readonly ok: boolean;
  readonly ms: number;
}

/** Asks over all connections for `ms`, `perSecond` in all, or as fast as they are answered. */
async function load(url: string, ms: number, perSecond?: number): Promise<Asked[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + ms;
  const paths = ['/item', '/limited/1', '/view/', '/item'];
  const asked: Asked[] = [];
  const pauseMs = perSecond === undefined ? 0 : (CONNECTIONS * 1_000) / perSecond;
  const one = async (id: number): Promise<void> => {
    let due = performance.now() + Math.random() * pauseMs;
    for (let i = id; performance.now() < until; i++) {
      await sleep(Math.max(due - performance.now(), 0));
      due += pauseMs;
      asked.push(await ask(url + paths[i % paths.length]!, agent));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, id) => one(id)));
  agent.destroy();
  return asked;
}

function ask(url: string, agent: Agent): Promise<Asked> {
  const at = performance.now();
  return new Promise((resolve) => {
    const settle = (ok: boolean): void => resolve({ ok, ms: performance.now() - at });
    get(url, { agent }, (response) => {
      const { statusCode } = response;
      response.resume().once('end', () => settle(statusCode === 200));
    }).once('error', () => settle(false));
  });
}

async function generationOf({ adminUrl }: GatewayProcess): Promise<number> {
  const { generation } = (await (await fetch(`${adminUrl}/status`)).json()) as {
    generation: number;
  };
  return generation;
}

async function start(flags: readonly string[] = []): Promise<{
  gateway: GatewayProcess;
  upstream: Awaited<ReturnType<typeof startUpstream>>;
}> {
  const upstream = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"id":1}');
  });
  return {
    gateway: await startGatewayProcess(configAt(0, upstream.url) as never, flags),
    upstream,
  };
}

/** Saves the next config each second, until `stop`. */
function keepChanging({ file }: GatewayProcess, upstream: string): { stop(): number } {
  let i = 0;
  const timer = setInterval(() => {
    i += 1;
    writeFileSync(file, JSON.stringify(configAt(i, upstream)));
  }, EVERY_MS);
  const stop = (): number => {
    clearInterval(timer);
    return i;
  };
  onTestFinished(() => void stop());
  return { stop };
}

test(
  `a reload a second for ${SECONDS} s fails no request of ${CONNECTIONS} connections`,
  { timeout: (SECONDS * 2 + 60) * 1_000, ...FIGURE_TRIES },
  async () => {
    const { gateway, upstream } = await start();
    const fast = await load(gateway.url, 3_000);
    const perSecond = fast.length / 3 / 2;
    const still = await load(gateway.url, Math.min(SECONDS, 15) * 1_000, perSecond);

    const changing = keepChanging(gateway, upstream.url);
    const changed = await load(gateway.url, SECONDS * 1_000, perSecond);
    const saved = changing.stop();

    const failed = [...still, ...changed].filter(({ ok }) => !ok).length;
    const p99 = (asked: readonly Asked[]): number =>
      quantile(
        asked.map(({ ms }) => ms),
        0.99,
      );
    const generation = await generationOf(gateway);
    report('reload under load', {
      perSecond,
      asked: changed.length,
      failed,
      still: p99(still),
      changed: p99(changed),
      saved,
      generation,
    });
    expect(failed).toBe(0);
    // Those with faults are none.
    expect(generation).toBeGreaterThan(saved / 2);
    expect(p99(changed)).toBeLessThan(
      Math.max(p99(still) * bound(2, 50), p99(still) + bound(15, 2_000)),
    );
    expect(await gateway.stop()).toBe(0);
  },
);

// A small heap: else garbage of reloads lies about for as long as there is room.
test(
  'two hundred reloads leave nothing behind',
  { timeout: 180_000, ...FIGURE_TRIES },
  async () => {
    const { gateway, upstream } = await start(['--max-old-space-size=80']);
    const reload = async (i: number): Promise<void> => {
      writeFileSync(gateway.file, JSON.stringify(configAt(i, upstream.url)));
      await fetch(`${gateway.adminUrl}/reload`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      await fetch(`${gateway.url}/view/`);
    };
    const count = size('RELOAD_COUNT', 60, 200);
    for (let i = 0; i < count / 2; i++) await reload(i);
    const before = gateway.memoryMiB();
    for (let i = 0; i < count; i++) await reload(i);
    const after = gateway.memoryMiB();
    report('reloads', { before, after });
    expect(after - before).toBeLessThan(bound(20, 60));
  },
);
