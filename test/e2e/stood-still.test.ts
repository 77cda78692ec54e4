import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bound } from '../helpers/figures.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';

const CALLS = 30;
const STILL_MS = bound(8_000, 4_000);
const ANSWERS_AFTER_MS = 400;

/** Answers a while after a request is whole; `/halves` in two parts, `/health` sooner. */
async function startUpstream(): Promise<{ url: string; server: Server; asked: () => number }> {
  let asked = 0;
  const server = createServer((incoming, response) => {
    const isHealth = incoming.url === '/health';
    if (!isHealth) asked += 1;
    incoming.resume().once('end', () => {
      if (incoming.url === '/halves') response.write('half ');
      setTimeout(() => response.end('well'), isHealth ? 20 : ANSWERS_AFTER_MS);
    });
  });
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, server, asked: () => asked };
}

const BOUNDS = {
  timeout: '2s',
  deadline: '3s',
  idleTimeout: '2s',
  connectTimeout: '2s',
  retry: false,
  breaker: { consecutive: 1, slow: '1900ms' },
  outlier: { consecutive: 1 },
};

async function startGateway(target: string, upstream: object = {}): Promise<GatewayProcess> {
  const health = { path: '/health', interval: '1s', timeout: '1s', unhealthy: 1 };
  return startGatewayProcess({
    upstreams: { slow: { targets: [target], ...BOUNDS, health, ...upstream } },
    routes: { slow: { match: { path: '/*' }, upstream: 'slow' } },
  });
}

function ask(url: string, agent: Agent, method = 'POST'): Promise<string> {
  return new Promise((resolve) => {
    const asking = request(url, { agent, method }, (response) => {
      let text = `${response.statusCode} `;
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text));
    });
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asking.end(method === 'POST' ? 'x' : undefined);
  });
}

function keepingAlive(): Agent {
  const kept = new Agent({ keepAlive: true, maxSockets: CALLS });
  onTestFinished(() => kept.destroy());
  return kept;
}

async function standStill({ child }: GatewayProcess, meanwhile?: () => unknown): Promise<void> {
  child.kill('SIGSTOP');
  await meanwhile?.();
  await sleep(STILL_MS);
  child.kill('SIGCONT');
}

/** Who was blamed: circuits that are not closed, and targets that are left out. */
async function blamed({ adminUrl }: GatewayProcess): Promise<string[]> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return [
    ...text.matchAll(/^portico_circuit_state\{.*\} [^0].*$/gm),
    ...text.matchAll(/^portico_target_healthy\{.*\} 0$/gm),
  ].map(([line]) => line);
}

const all = (answer: string, count = CALLS): string[] =>
  Array.from({ length: count }, () => answer);

describe('a gateway that stood still', { timeout: 60_000, retry: bound(0, 2) }, () => {
  test.each([
    ['/whole', '200 well'],
    ['/halves', '200 half well'],
  ])('takes the answers that came meanwhile, and blames nobody: %s', async (where, answer) => {
    const { url, asked } = await startUpstream();
    const gateway = await startGateway(url);
    const answers = Array.from({ length: CALLS }, () => ask(gateway.url + where, keepingAlive()));
    await expect.poll(asked, { interval: 5 }).toBe(CALLS);
    await standStill(gateway);
    expect(await Promise.all(answers)).toEqual(all(answer));
    expect(await blamed(gateway)).toEqual([]);
  });

  test('gives those who wait for a slot their turn', async () => {
    const { url, asked } = await startUpstream();
    const bulkhead = { concurrency: 10, queue: 10, wait: '2s' };
    const gateway = await startGateway(url, { bulkhead });
    const answers = Array.from({ length: 20 }, () => ask(`${gateway.url}/`, keepingAlive()));
    await expect.poll(asked, { interval: 5 }).toBe(10);
    await standStill(gateway);
    expect(await Promise.all(answers)).toEqual(all('200 well', 20));
    expect(await blamed(gateway)).toEqual([]);
  });

  test('sends nothing over connections that were closed meanwhile, and closes none that ask', async () => {
    const { url, server } = await startUpstream();
    const gateway = await startGateway(url);
    const clients = keepingAlive();
    const askAll = () => Promise.all(all('').map(() => ask(`${gateway.url}/`, clients)));
    expect(await askAll()).toEqual(all('200 well'));
    let answers: Promise<string[]> | undefined;
    await standStill(gateway, () => {
      server.closeIdleConnections();
      answers = askAll();
    });
    expect(await answers).toEqual(all('200 well'));
    expect(await blamed(gateway)).toEqual([]);
  });

  test('or was blocked by a hook, takes the answers that came meanwhile', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'portico-still-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const module = path.join(folder, 'blocking.ts');
    writeFileSync(
      module,
      `import { definePlugin, z } from 'portico';
       export default definePlugin({
         name: 'blocking', settings: z.strictObject({}), options: z.strictObject({}),
         register: () => ({
           route: () => ({
             phase: 'request',
             onRequest: () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000); },
           }),
         }),
       });`,
    );
    const { url, asked } = await startUpstream();
    const gateway = await startGatewayProcess({
      plugins: { blocking: { module } },
      upstreams: { slow: { targets: [url], ...BOUNDS } },
      routes: {
        slow: { match: { path: '/*' }, upstream: 'slow' },
        block: { match: { path: '/block' }, respond: { status: 204 }, blocking: {} },
      },
    });
    const answers = Array.from({ length: CALLS }, () => ask(`${gateway.url}/`, keepingAlive()));
    await expect.poll(asked, { interval: 5 }).toBe(CALLS);
    await ask(`${gateway.url}/block`, keepingAlive(), 'GET');
    expect(await Promise.all(answers)).toEqual(all('200 well'));
    expect(await blamed(gateway)).toEqual([]);
  });

  test('still blames an upstream that has not answered', async () => {
    const server = createServer(() => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const gateway = await startGatewayProcess({
      upstreams: { slow: { targets: [target], ...BOUNDS } },
      routes: { slow: { match: { path: '/*' }, upstream: 'slow' } },
    });
    const reached = once(server, 'request');
    const answer = ask(`${gateway.url}/`, keepingAlive());
    await reached;
    await standStill(gateway);
    expect(await answer).toContain('504');
    expect(await blamed(gateway)).toHaveLength(1);
  });
});
