import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { listenTls, metricsOf, pair } from './gateway.ts';

const routes = { ping: { match: { path: '/ping' }, respond: { body: 'ok' } } };

/** Open ones stay; one that the gateway closes at once is `undefined`. */
async function dial(url: string, from = '127.0.0.1'): Promise<Socket | undefined> {
  const { port } = new URL(url);
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: from });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  socket.resume();
  await Promise.race([once(socket, 'close'), sleep(60)]);
  return socket.destroyed ? undefined : socket;
}

const limited = (more: object = {}) =>
  startGateway({
    config: {
      admin: { port: 0 },
      server: { limits: { connectionsPerAddress: 2 }, ...more },
      routes,
    },
  });

test('one address holds so many connections, and another as many', async () => {
  const gateway = await limited();
  const held = [await dial(gateway.url), await dial(gateway.url)];
  expect(held.every((each) => each !== undefined)).toBe(true);
  expect(await dial(gateway.url)).toBeUndefined();
  expect(await dial(gateway.url, '127.0.0.2')).toBeDefined();
  expect(await metricsOf(gateway)).toContain(
    'portico_connections_refused_total{limit="address"} 1',
  );
});

test('one that ends makes room for the next', async () => {
  const { url } = await limited();
  const [first] = [await dial(url), await dial(url)];
  first?.destroy();
  await sleep(30);
  expect(await dial(url)).toBeDefined();
  expect(await dial(url)).toBeUndefined();
});

test('a proxy that is trusted holds any number', async () => {
  const { url } = await limited({ trustedProxies: ['127.0.0.2'] });
  for (let i = 0; i < 5; i++) expect(await dial(url, '127.0.0.2')).toBeDefined();
});

test('no address has a limit where none is written', async () => {
  const { url } = await startGateway({ config: { routes } });
  for (let i = 0; i < 5; i++) expect(await dial(url)).toBeDefined();
});

test('those that are refused with TLS cost no handshake, and others are served', async () => {
  const gateway = await listenTls(pair('server'), {
    server: { limits: { connectionsPerAddress: 1 } },
  });
  expect(await dial(gateway.url)).toBeDefined();
  expect(await dial(gateway.url)).toBeUndefined();
  expect(await dial(gateway.url, '127.0.0.3')).toBeDefined();
});
