/** Stopping loses no request of clients that honour `Connection: close`, behind a balancer that asks for readiness. */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { size } from '../helpers/figures.ts';
import { startUpstream } from '../helpers/upstream.ts';
import { startGatewayProcess } from './gateway-process.ts';

const TIMES = size('STOP_TIMES', 2, 20);
const CLIENTS = 32;

function ask(url: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

async function isReady(adminUrl: string): Promise<boolean> {
  const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
  return response?.status === 200;
}

test(
  `SIGTERM under load, ${TIMES} times, fails no request`,
  { timeout: TIMES * 10_000 + 30_000 },
  async () => {
    const upstream = await startUpstream((_request, response) => {
      setTimeout(() => response.end('ok'), 5);
    });
    for (let i = 0; i < TIMES; i++) {
      const gateway = await startGatewayProcess({
        server: { shutdown: { delay: '500ms', grace: '5s' } },
        upstreams: { up: { targets: [upstream.url] } },
        routes: { all: { match: { path: '/*' }, upstream: 'up' } },
      });
      const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
      const outcomes: (number | string)[] = [];
      const drained = new AbortController();
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!drained.signal.aborted) outcomes.push(await ask(gateway.url, agent));
      });
      await sleep(300);
      const stopped = gateway.stop();
      while (await isReady(gateway.adminUrl)) await sleep(50);
      drained.abort();
      await Promise.all(clients);
      agent.destroy();
      expect(await stopped).toBe(0);
      expect(outcomes.filter((outcome) => outcome !== 200)).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(CLIENTS);
    }
  },
);
