import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { ask } from '../helpers/secure-client.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { askSocket } from '../helpers/socket-client.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { eventually } from '../helpers/upstream.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { metricsOf, pair } from './gateway.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

const listening = (
  listeners: object,
  server: object = {},
  up: FakeUpstream = () => ({}),
  log = recordingLog(),
) =>
  startGateway({
    log: log.log,
    config: {
      admin: { port: 0 },
      server: { listeners, ...server },
      routes: { all: forwardTo('/*') },
    },
    upstreams: { up },
  });

test('several listeners serve the same routes, and all are named', async () => {
  const socket = socketFile();
  const log = recordingLog();
  const all = { public: { ...LOOPBACK, tls: pair('server') }, plain: LOOPBACK, local: { socket } };
  const { gateway, url } = await listening(all, {}, undefined, log);
  const [secure, plain, local] = gateway.listeners;
  expect([secure?.name, plain?.name, local]).toEqual([
    'public',
    'plain',
    { name: 'local', url: `unix:${socket}` },
  ]);
  expect(url).toBe(secure?.url);
  expect(gateway.status().listeners).toEqual(gateway.listeners);
  const named = { public: secure?.url, plain: plain?.url, local: local?.url };
  expect(log.lines().at(-1)).toMatchObject({ msg: 'serving', url, listeners: named });
  expect((await ask(`${secure?.url}/a`)).status).toBe(200);
  expect((await fetch(`${plain?.url}/a`)).status).toBe(200);
  expect((await askSocket(socket, '/a')).status).toBe(200);
});

test('each shows its own certificate', async () => {
  const { gateway } = await listening({
    one: { ...LOOPBACK, tls: pair('server') },
    two: { ...LOOPBACK, tls: pair('other') },
  });
  const serials = await Promise.all(
    gateway.listeners.map(
      async ({ url }) => (await ask(url, { rejectUnauthorized: false })).serial,
    ),
  );
  expect(new Set(serials).size).toBe(2);
  const metrics = await metricsOf({ gateway } as never);
  expect(metrics).toContain('portico_tls_certificate_expiry_seconds{name="localhost"}');
  expect(metrics).toContain('portico_tls_certificate_expiry_seconds{name="other.internal"}');
});

test('limits of connections count all listeners together', async () => {
  const { gateway } = await listening(
    { one: LOOPBACK, two: LOOPBACK },
    { limits: { connections: 3, connectionsPerAddress: 2 } },
  );
  const [one, two] = gateway.listeners.map(({ url }) => url) as [string, string];
  const first = await open(one);
  await open(two);
  expect(await receive(await open(one))).toBe('');
  expect(await receive(await open(two))).toBe('');
  const refused = (limit: string): string => `portico_connections_refused_total{limit="${limit}"}`;
  expect(await metricsOf({ gateway } as never)).toContain(`${refused('address')} 2`);
  first.destroy();
  await sleep(30);
  const again = await open(one);
  again.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  expect(await receive(again)).toMatch(/^HTTP\/1\.1 200 /);
});

test('the total is refused before the limit of an address', async () => {
  const { gateway } = await listening(
    { one: LOOPBACK, two: LOOPBACK },
    { limits: { connections: 2 } },
  );
  const [one, two] = gateway.listeners.map(({ url }) => url) as [string, string];
  await open(one);
  await open(two);
  expect(await receive(await open(two))).toBe('');
  const metric = 'portico_connections_refused_total{limit="connections"} 1';
  expect(await metricsOf({ gateway } as never)).toContain(metric);
});

test('all of them drain together', async () => {
  const socket = socketFile();
  const { promise: held, resolve: answer } = Promise.withResolvers<void>();
  let arrived = 0;
  const { gateway } = await listening({ plain: LOOPBACK, local: { socket } }, {}, async () => {
    arrived += 1;
    await held;
    return { body: 'late' };
  });
  const [plain] = gateway.listeners;
  const asked = [fetch(`${plain?.url}/`), askSocket(socket)];
  await eventually(() => arrived === 2);
  const closed = gateway.close();
  await sleep(20);
  expect(existsSync(socket)).toBe(false);
  await expect(fetch(`${plain?.url}/`)).rejects.toThrow();
  answer();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  expect(await closed).toBe(true);
});

test('one that cannot open leaves none open', async () => {
  const other = await listening({ only: LOOPBACK });
  const { port } = new URL(other.url);
  const socket = socketFile();
  const both = { local: { socket }, taken: { host: '127.0.0.1', port: Number(port) } };
  await expect(listening(both)).rejects.toThrow('EADDRINUSE');
  expect(existsSync(socket)).toBe(false);
  expect((await fetch(other.url)).status).toBe(200);
});

test('an idle connection on any of them does not delay the end', async () => {
  const { gateway } = await listening({ one: LOOPBACK, two: LOOPBACK });
  const idle = await Promise.all(gateway.listeners.map(({ url }) => open(url)));
  const ends = idle.map((socket) => once(socket.resume(), 'end'));
  expect(await gateway.close()).toBe(true);
  await Promise.all(ends);
});
