import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { startGatewayProcess } from './gateway-process.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Runs `portico start` on a config that is not expected to serve. */
async function failToStart(config: object): Promise<{ code: number; errors: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, 'start', '--config', file], { env: COMPILE_CACHE });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, errors };
}

async function slowUpstream(ms: number): Promise<string> {
  const server = createServer((_incoming, response) => {
    setTimeout(() => response.end('late'), ms);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the process', () => {
  test('ends with 0 on SIGTERM when nothing is under way', async () => {
    const gateway = await startGatewayProcess({});
    expect(await gateway.stop()).toBe(0);
  });

  test('lets a request under way finish before it ends with 0', async () => {
    const gateway = await startGatewayProcess({
      upstreams: { slow: { targets: [await slowUpstream(500)] } },
      routes: { slow: { match: { path: '/*' }, upstream: 'slow' } },
    });

    const answered = once(get(`${gateway.url}/x`), 'response') as Promise<[IncomingMessage]>;
    await sleep(150);
    const stopped = gateway.stop();
    const [response] = await answered;

    expect(response.statusCode).toBe(200);
    expect(response.headers.connection).toBe('close');
    response.resume();
    expect(await stopped).toBe(0);
  });

  test('cuts what is under way at the end of the grace, and ends with 1', async () => {
    const gateway = await startGatewayProcess({
      server: { shutdown: { grace: '200ms' } },
      upstreams: { slow: { targets: [await slowUpstream(4_000)], timeout: '5s' } },
      routes: { slow: { match: { path: '/*' }, upstream: 'slow' } },
    });

    const cut = once(get(`${gateway.url}/x`), 'error');
    await sleep(150);

    expect(await gateway.stop()).toBe(1);
    await cut;
  });

  test('ends at once, with 1, on a second signal', async () => {
    const gateway = await startGatewayProcess({
      upstreams: { slow: { targets: [await slowUpstream(4_000)], timeout: '5s' } },
      routes: { slow: { match: { path: '/*' }, upstream: 'slow' } },
    });
    get(`${gateway.url}/x`).on('error', () => undefined);
    await sleep(150);

    const stopped = gateway.stop();
    await sleep(100);
    gateway.child.kill('SIGTERM');

    expect(await stopped).toBe(1);
  });

  test('reloads on SIGHUP', async () => {
    const gateway = await startGatewayProcess({});
    gateway.child.kill('SIGHUP');
    await expect.poll(() => gateway.log.find(({ msg }) => msg === 'config applied')).toBeDefined();
    const { generation } = (await (await fetch(`${gateway.adminUrl}/status`)).json()) as {
      generation: number;
    };
    expect(generation).toBe(2);
    expect(await gateway.stop()).toBe(0);
  });

  test('warns of SIGUSR2, and serves on', async () => {
    const gateway = await startGatewayProcess({});
    gateway.child.kill('SIGUSR2');
    await expect
      .poll(() => gateway.log.find(({ level }) => level === 'warn')?.msg)
      .toBe('SIGUSR2 is ignored: SIGHUP reloads the config');
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  });

  test('ends when npm, which started it through a shell, is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-e2e-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.config.yaml');
    writeFileSync(file, JSON.stringify({ version: 1, server: { port: 0 }, admin: { port: 0 } }));
    const command = [process.execPath, MAIN, 'start', '--config', file];
    const shell = spawn('sh', ['-c', '"$0" "$@"; exit $?', ...command], {
      env: { ...COMPILE_CACHE, npm_lifecycle_event: 'portico' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    shell.stdout.on('data', (text: Buffer) => (log += text.toString()));
    await expect.poll(() => log).toContain('"serving"');
    const ended = once(shell.stdout, 'end');
    shell.kill('SIGTERM');
    await ended;
    expect(log).toContain('"stopped"');
  });

  test('ends with 78 and every fault when the config is not valid', async () => {
    const { code, errors } = await failToStart({ version: 2, upstrems: {} });
    expect(code).toBe(78);
    expect(errors).toContain('did you mean "upstreams"?');
    expect(errors).toContain('2 faults');
  });

  test.each([
    ['203.0.113.9', 'no network interface of this machine has the address 203.0.113.9'],
    ['300.1.1.1', 'cannot listen on the host "300.1.1.1": it is neither an address nor a name'],
  ])('ends with 1 and says why it cannot listen on %s', async (host, reason) => {
    const { code, errors } = await failToStart({ version: 1, server: { host }, admin: false });
    expect(code).toBe(1);
    expect(errors).toContain(reason);
  });

  test('ends with 1 and names the port when it is taken', async () => {
    const taken = createTcpServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;

    const { code, errors } = await failToStart({
      version: 1,
      server: { host: '127.0.0.1', port },
      admin: false,
    });

    expect(code).toBe(1);
    expect(errors).toContain(`port ${port} on 127.0.0.1 is already in use`);
  });
});
