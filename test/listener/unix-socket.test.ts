import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenOnSocket } from '../../src/listener/unix-socket.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { askSocket } from '../helpers/socket-client.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { pair } from './gateway.ts';

function aServer(): Server {
  const server = createServer();
  onTestFinished(() => void server.close());
  return server;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Leaves its socket there, as a killed process does. */
async function leaveStale(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a unix socket', () => {
  test.each([0o600, 0o660, 0o666])('has its mode (%i) and goes when it is closed', async (mode) => {
    const socket = socketFile();
    const server = aServer();
    const mask = process.umask();
    await listenOnSocket(server, { socket, mode });
    expect(modeOf(socket)).toBe(mode.toString(8));
    expect(process.umask()).toBe(mask);
    server.close();
    await once(server, 'close');
    expect(existsSync(socket)).toBe(false);
  });

  test('takes the place of one that a killed process has left', async () => {
    const socket = socketFile();
    await leaveStale(socket);
    expect(statSync(socket).isSocket()).toBe(true);
    const server = aServer();
    await listenOnSocket(server, { socket, mode: 0o600 });
    expect(server.listening).toBe(true);
    expect(modeOf(socket)).toBe('600');
  });

  test('is not taken from a process that listens there', async () => {
    const socket = socketFile();
    const first = aServer();
    await listenOnSocket(first, { socket, mode: 0o600 });
    const second = listenOnSocket(aServer(), { socket, mode: 0o600 });
    await expect(second).rejects.toThrow(`${socket}: another process listens there`);
    expect(statSync(socket).isSocket()).toBe(true);
  });

  test('does not take the place of any other file', async () => {
    const socket = socketFile();
    writeFileSync(socket, 'precious');
    const listening = listenOnSocket(aServer(), { socket, mode: 0o600 });
    await expect(listening).rejects.toThrow(`${socket} exists, and is not a socket`);
    expect(readFileSync(socket, 'utf8')).toBe('precious');
  });

  test('in a folder that is missing says so', async () => {
    const socket = join(socketFile('none'), 'a.sock');
    const listening = listenOnSocket(aServer(), { socket, mode: 0o600 });
    await expect(listening).rejects.toThrow(`${socket}: there is no folder `);
  });
});

describe('a gateway on a unix socket', () => {
  const echo = { up: ({ headers }: { readonly headers: object }) => ({ body: { ...headers } }) };
  const on = (socket: string, server: object = {}, route: object = {}) =>
    startGateway({
      config: { server: { socket, ...server }, routes: { all: forwardTo('/*', route) } },
      upstreams: echo,
    });

  test('serves there, and its clients have no address', async () => {
    const socket = socketFile();
    const { url } = await on(socket);
    expect(url).toBe(`unix:${socket}`);
    const sent = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    const { status, body } = await askSocket(socket, '/', sent);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      'x-forwarded-for': 'unknown',
      forwarded: expect.stringContaining('for=unknown') as string,
      'x-forwarded-proto': 'http',
    });
  });

  test('believes what they say of others where `unix` is a trusted proxy', async () => {
    const socket = socketFile();
    await on(socket, { trustedProxies: ['unix'] });
    const sent = { headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' } };
    const { body } = await askSocket(socket, '/', sent);
    expect(JSON.parse(body)).toMatchObject({
      'x-forwarded-for': '203.0.113.7, unknown',
      forwarded: expect.stringContaining('for=203.0.113.7') as string,
      'x-forwarded-proto': 'https',
    });
  });

  test('admits them where a list of addresses has `unix`, and only there', async () => {
    const [local, remote] = [socketFile(), socketFile()];
    await on(local, {}, { ip: { allow: ['unix'] } });
    await on(remote, {}, { ip: { allow: ['0.0.0.0/0', '::/0'] } });
    expect((await askSocket(local)).status).toBe(200);
    expect((await askSocket(remote)).status).toBe(403);
  });

  test('counts all of them as one address', async () => {
    const socket = socketFile();
    await on(socket, {}, { rateLimit: { max: 2, window: '1h', by: 'address' } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await askSocket(socket)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('starts again where it was killed, and leaves no file when it stops', async () => {
    const socket = socketFile();
    await leaveStale(socket);
    const { close } = await on(socket);
    expect((await askSocket(socket)).status).toBe(200);
    await close();
    expect(existsSync(socket)).toBe(false);
  });

  test('may speak TLS there too', async () => {
    const socket = socketFile();
    await on(socket, { tls: pair('server') });
    const plain = await askSocket(socket);
    expect(plain.body).toContain('HTTPS');
  });

  test('that cannot listen there opens nothing, and says why', async () => {
    const socket = socketFile();
    writeFileSync(socket, '');
    await expect(on(socket)).rejects.toThrow('is not a socket');
  });
});
