/** What the listening port does otherwise after a reload, without a new socket. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { talk } from '../gateway/support/socket.ts';
import { line } from '../helpers/proxy-headers.ts';
import { ask, openSecure, serialOf } from '../helpers/secure-client.ts';
import { pair, serial } from '../listener/gateway.ts';
import { type Reloading, respond, startReloading } from './reloading.ts';

const routes = { all: respond('/*') };
const caOf = (name: string): string => pair(name).cert;

const secure = (tls: object, limits: object = {}) => ({ server: { tls, limits }, routes });

describe('TLS', () => {
  test('shows the certificates of the new config to new connections; those before live on', async () => {
    const { url, change } = await startReloading(secure(pair('server')));
    const before = await openSecure(url);
    expect((await change(secure(pair('other')))).result).toBe('applied');
    expect(serialOf(await openSecure(url))).toBe(serial('other'));
    before.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    const [answer] = (await once(before, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('asks clients for certificates from then on', async () => {
    const { url, change } = await startReloading(secure(pair('server')));
    expect((await ask(url)).status).toBe(200);
    const clientCa = caOf('ca');
    const { result, faults } = await change(secure({ ...pair('server'), clientCa }));
    expect([result, faults]).toEqual(['applied', []]);
    await expect(ask(url)).rejects.toThrow();
  });
});

describe('limits', () => {
  const limited = (limits: object) => ({ server: { limits }, routes });

  test('of requests hold at once', async () => {
    const { change, status } = await startReloading(limited({ url: '1KiB' }));
    const long = `/${'a'.repeat(1_500)}`;
    expect(await status(long)).toBe(414);
    await change(limited({ url: '2KiB' }));
    expect(await status(long)).toBe(200);
    await change(limited({ url: '1KiB' }));
    expect(await status(long)).toBe(414);
  });

  test('of heads hold for connections that open from then on', async () => {
    const { change, url } = await startReloading(limited({ headers: '1KiB', url: '1KiB' }));
    const statusOf = async (): Promise<number> => {
      const headers = { 'x-long': 'a'.repeat(6_000), connection: 'close' };
      const response = await fetch(url, { headers });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await statusOf()).toBe(431);
    await change(limited({ headers: '8KiB', url: '1KiB' }));
    expect(await statusOf()).toBe(200);
  });

  test.each([
    ['connections', { connections: 2 }],
    ['connections of one address', { connectionsPerAddress: 2 }],
  ])('of %s hold for those that open from then on', async (_what, limits) => {
    const world = await startReloading(limited({}));
    const before = [await opened(world), await opened(world), await opened(world)];
    expect(await Promise.all(before.map(isOpen))).toEqual([true, true, true]);
    await world.change(limited(limits));
    expect(await isOpen(await opened(world))).toBe(false);
    expect(await Promise.all(before.map(isOpen))).toEqual([true, true, true]);
    await world.change(limited({}));
    expect(await isOpen(await opened(world))).toBe(true);
  });
});

describe('several listeners', () => {
  const place = { host: '127.0.0.1', port: 0 };
  const named = (listeners: object) => ({ server: { listeners }, routes });

  test('send clients to https, or serve them, from then on', async () => {
    const { gateway, change } = await startReloading(named({ a: place, b: place }));
    const url = gateway.listeners.find(({ name }) => name === 'b')!.url;
    const statusOf = async (): Promise<number> => (await fetch(url, { redirect: 'manual' })).status;
    expect(await statusOf()).toBe(200);
    const redirectHttps = { port: 8443 };
    const { restartRequired } = await change(named({ a: place, b: { ...place, redirectHttps } }));
    expect(restartRequired).toEqual([]);
    expect(await statusOf()).toBe(308);
    await change(named({ a: place, b: place }));
    expect(await statusOf()).toBe(200);
  });

  test('take other proxies from then on', async () => {
    const proxied = (from: string) =>
      named({ a: { ...place, proxyProtocol: { version: 'v1', from: [from] } } });
    const { url, change } = await startReloading(proxied('192.0.2.1'));
    const text = `${line('203.0.113.7')}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;
    expect(await talk(url, text)).toBe('');
    expect((await change(proxied('127.0.0.1'))).restartRequired).toEqual([]);
    expect(await talk(url, text)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('all take new certificates, or none does', async () => {
    const both = (one: string, two: string) =>
      named({ a: { ...place, tls: pair(one) }, b: { ...place, tls: pair(two) } });
    const { gateway, change } = await startReloading(both('server', 'server'));
    const serials = (): Promise<string[]> =>
      Promise.all(gateway.listeners.map(async ({ url }) => serialOf(await openSecure(url))));
    expect((await change(both('other', 'wildcard'))).result).toBe('applied');
    expect(await serials()).toEqual([serial('other'), serial('wildcard')]);
    const odd = { cert: pair('server').cert, key: pair('other').key };
    const mixed = named({ a: { ...place, tls: pair('server') }, b: { ...place, tls: odd } });
    expect((await change(mixed)).result).toBe('rejected');
    expect(await serials()).toEqual([serial('other'), serial('wildcard')]);
  });

  test('need a restart where a socket changes, and keep serving', async () => {
    const { gateway, change, status } = await startReloading(named({ a: place, b: place }));
    const { result, restartRequired } = await change(
      named({ a: { ...place, http2: 'prior' }, c: place }),
    );
    expect([result, restartRequired]).toEqual([
      'applied',
      ['server.listeners.a.http2', 'server.listeners.b', 'server.listeners.c'],
    ]);
    expect(await status('/')).toBe(200);
    expect(gateway.listeners.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await fetch(gateway.listeners[1]!.url)).status).toBe(200);
  });
});

type Connection = ReturnType<typeof connect>;

async function opened({ url }: Reloading): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Is a request on it answered? */
async function isOpen(socket: Connection): Promise<boolean> {
  const settled = Promise.race([
    once(socket, 'data').then(() => true),
    once(socket, 'close').then(() => false),
  ]);
  if (socket.destroyed) return false;
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  return settled;
}
