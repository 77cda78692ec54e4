import { fork } from 'node:child_process';
import type { ClientHttp2Session } from 'node:http2';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { quantile, report } from '../chaos/measure.ts';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

const SECONDS = size('ATTACK_SECONDS', 6, 60);
const SLOTS = size('ATTACK_SLOTS', 16, 128);
/** On each of two connections. */
const STREAMS = size('ATTACK_STREAMS', 12, 85);
const READERS = size('ATTACK_READERS', 20, 200);
const BYTES = size('ATTACK_BYTES', 16, 32) * 1_048_576;
/** From here on nobody else may notice. */
const FROM_MS = 3_000;
/** p95 of others, in times of what it is alone. */
const MOST = bound(3, 50);
const LIVES_MS = (SECONDS - 1) * 1_000;

interface Asked {
  readonly status: number;
  readonly at: number;
  readonly ms: number;
}

async function startUpstream(): Promise<string> {
  const large = Buffer.alloc(BYTES);
  const server = createServer((request, response) => {
    if (request.url === '/large') response.end(large);
    else if (request.url === '/poll') setTimeout(() => response.end('late'), LIVES_MS);
    else if (request.url === '/live') {
      request.resume();
      response.write('first ');
      setTimeout(() => response.end('last'), LIVES_MS);
    } else request.resume().on('end', () => response.end('ok'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** See slow-clients.ts; settles when it begins. */
async function attack(url: string): Promise<void> {
  const args = [url, STREAMS, READERS, SECONDS * 1_000].map(String);
  const clients = fork(new URL('slow-clients.ts', import.meta.url), args);
  onTestFinished(() => void clients.kill());
  await once(clients, 'message');
}

/** Asks until `isOver`, two at a time, some hundred times a second. */
async function ordinary(session: ClientHttp2Session, isOver: () => boolean): Promise<Asked[]> {
  const asked: Asked[] = [];
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const at = performance.now();
      const body = asked.length % 2 === 0 ? undefined : 'hello';
      const method = body === undefined ? 'GET' : 'POST';
      const { status } = await fetchH2(session, { ':method': method, ':path': '/' }, body);
      asked.push({ status, at, ms: performance.now() - at });
      await sleep(10);
    }
  };
  await Promise.all([one(), one()]);
  return asked;
}

const forMs = (ms: number): (() => boolean) => {
  const until = performance.now() + ms;
  return () => performance.now() > until;
};

test(
  `${2 * STREAMS} slow uploads and ${READERS} slow readers keep nobody out`,
  { timeout: (SECONDS + 60) * 1_000, ...FIGURE_TRIES },
  async () => {
    const gateway = await startGatewayProcess({
      telemetry: { logs: { access: false } },
      server: { tls: pair('server') },
      upstreams: {
        up: {
          targets: [await startUpstream()],
          bulkhead: { concurrency: SLOTS },
          timeout: '90s',
          deadline: '90s',
          // An event a minute is more silence than the default allows.
          idleTimeout: '90s',
        },
      },
      routes: { all: { match: { path: '/*' }, upstream: 'up' } },
    });
    const { url } = gateway;
    const session = await openH2(url);
    await ordinary(session, forMs(500));
    const alone = quantile(
      (await ordinary(session, forMs(2_000))).map(({ ms }) => ms),
      0.95,
    );

    const patient = await openH2(url);
    const polled = fetchH2(patient, { ':path': '/poll' });
    const events = fetchH2(patient, { ':path': '/live' });
    const grpc = { ':method': 'POST', ':path': '/live', 'content-type': 'application/grpc' };
    // What fails before them is told first.
    for (const promise of [polled, events]) promise.catch(() => undefined);
    const talk = ask(patient, grpc);
    let said = '';
    talk.on('data', (chunk: Buffer) => (said += chunk.toString()));
    talk.write('hello');

    await attack(url);
    const startedAt = performance.now();
    const others = ordinary(session, forMs(SECONDS * 1_000));

    const asked = (await others).filter(({ at }) => at - startedAt > FROM_MS);
    const beside = quantile(
      asked.map(({ ms }) => ms),
      0.95,
    );
    const refused = asked.filter(({ status }) => status !== 200).length;
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const gaveWay = metrics.match(/^portico_slots_given_up_total.*$/gm) ?? [];
    report('slow attack', { alone, beside, count: asked.length, refused, gaveWay });

    expect(refused).toBe(0);
    expect(asked.length).toBeGreaterThan(SECONDS);
    expect(gaveWay).not.toEqual([]);
    expect(beside / alone).toBeLessThan(MOST);
    expect((await polled).body.toString()).toBe('late');
    expect((await events).body.toString()).toBe('first last');
    await expect.poll(() => said, { timeout: 5_000 }).toBe('first last');
  },
);
