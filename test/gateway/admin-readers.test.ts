import { describe, expect, test } from 'vitest';
import { readRefusal } from '../../src/admin/guard.ts';
import { forwardTo, startGateway } from './support/gateway.ts';
import { request } from './support/socket.ts';

const TOKEN = 'a-token-of-the-operator';

/** An admin port, with or without a token; `ask` sends it a request and returns the status. */
async function administered(admin: object = {}) {
  const { gateway } = await startGateway({
    config: { admin: { port: 0, ...admin }, routes: { all: forwardTo('/*') } },
    upstreams: { up: () => ({}) },
  });
  const { adminUrl = '' } = gateway;
  const port = Number(new URL(adminUrl).port);
  const ask = async (host: string, fields: readonly string[] = [], line = 'GET /status') => {
    const url = adminUrl.replace(/\/\/.*:/, '//127.0.0.1:');
    const head = [`${line} HTTP/1.1`, `host: ${host}`, 'connection: close', ...fields];
    return (await request(url, head)).status;
  };
  return { ask, port, adminUrl };
}

describe.each([{}, { token: TOKEN }])('from this machine, state is read (admin: %j)', (admin) => {
  test.each([
    'localhost',
    'localhost:9901',
    'LOCALHOST:9901',
    'localhost.:9901',
    '127.0.0.1:9901',
    '127.1.2.3',
    '[::1]:9901',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]:1',
    '[::ffff:7f00:1]',
  ])('under a name of its own: %s', async (host) => {
    const { ask } = await administered(admin);
    expect(await ask(host)).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:9901',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.localhost',
    'localhost..',
    'localhost@evil.example',
    '0.0.0.0:9901',
    '192.168.0.1',
    '[::]:9901',
    '[::2]',
    '[::ffff:8.8.8.8]',
    '127.0.0.1:x',
    '',
  ])('not under a name that may have been rebound: "%s"', async (host) => {
    const { ask } = await administered(admin);
    for (const line of ['GET /status', 'HEAD /status', 'GET /status?x', 'GET /', 'GET /none']) {
      expect([line, await ask(host, [], line)]).toEqual([line, 403]);
    }
  });

  test('by its own pages, but not by those of another origin', async () => {
    const { ask } = await administered(admin);
    const own = [
      ['localhost:9901', 'http://localhost:9901'],
      ['127.0.0.1:9901', 'http://127.0.0.1:9901'],
      ['[::1]:9901', 'http://[::1]:9901'],
      ['LocalHost:80', 'http://localhost'],
    ] as const;
    for (const [host, origin] of own) expect(await ask(host, [`origin: ${origin}`])).toBe(200);
    for (const origin of [
      'http://evil.example',
      'https://localhost:9901',
      'http://localhost:3000',
      'http://localhost',
      'http://127.0.0.1:9901',
      'http://localhost:9901, http://evil.example',
      'null',
      '',
    ]) {
      expect([origin, await ask('localhost:9901', [`origin: ${origin}`])]).toEqual([origin, 403]);
    }
    const both = ['origin: http://localhost:9901', 'origin: http://evil.example'];
    expect(await ask('localhost:9901', both)).toBe(403);
  });

  test('by probes and Prometheus, under any name', async () => {
    const { ask } = await administered(admin);
    for (const path of ['/livez', '/readyz', '/metrics']) {
      for (const method of ['GET', 'HEAD']) {
        const status = await ask('gateway.svc', ['origin: http://x'], `${method} ${path}`);
        expect([method, path, status]).toEqual([method, path, 200]);
      }
    }
  });
});

test('bearers of the token read under any name', async () => {
  const { ask } = await administered({ token: TOKEN });
  const page = ['origin: https://dashboard.example'];
  expect(await ask('evil.example', [`authorization: Bearer ${TOKEN}`, ...page])).toBe(200);
  expect(await ask('evil.example', [`authorization: Bearer ${TOKEN}x`, ...page])).toBe(403);
});

test.each(['::1', '::ffff:127.0.0.1', '127.9.9.9'])('%s is this machine', (remoteAddress) => {
  const headers = { host: 'evil.example' };
  expect(readRefusal({ remoteAddress, headers }, undefined)).toBeDefined();
});

test('other machines in the admin port’s network may read', () => {
  const headers = { host: 'evil.example', origin: 'http://evil.example' };
  expect(readRefusal({ remoteAddress: '10.0.0.1', headers }, undefined)).toBeUndefined();
  expect(readRefusal({ remoteAddress: '10.0.0.1', headers }, TOKEN)).toBeUndefined();
});
