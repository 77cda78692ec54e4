import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';
import { refusedPath } from '../../src/edge/request-target.ts';

/** Answers with what the upstream received; one route is for one host only. */
async function echo(limits: object = {}) {
  const asked: string[] = [];
  const { url } = await startGateway({
    config: {
      server: { limits },
      routes: {
        all: forwardTo('/*'),
        shop: { match: { path: '/*', hosts: ['shop.example'] }, upstream: 'shop' },
      },
    },
    upstreams: {
      up: ({ path, query, headers }) => {
        asked.push(`up ${String(headers['x-forwarded-host'])} ${path}${query}`);
        return {};
      },
      shop: ({ path, query, headers }) => {
        asked.push(`shop ${String(headers['x-forwarded-host'])} ${path}${query}`);
        return {};
      },
    },
  });
  return { url, asked };
}

describe('absolute-form (RFC 9112 §3.2.2)', () => {
  test.each([
    ['http://shop.example/a?b', 'shop shop.example /a?b'],
    ['HTTP://Shop.Example:8080/a', 'shop shop.example:8080 /a'],
    ['https://shop.example', 'shop shop.example /'],
    ['http://shop.example?b', 'shop shop.example /?b'],
    ['http://[::1]:80/a', 'up [::1]:80 /a'],
  ])('%s is accepted, and its authority replaces Host', async (target, expected) => {
    const { url, asked } = await echo();

    const { status } = await request(url, [`GET ${target} HTTP/1.1`, 'host: other.example']);

    expect(status).toBe(200);
    expect(asked).toEqual([expected]);
  });

  test.each([
    'http:///a',
    'http://user@shop.example/a',
    'http://a,b/',
    'ftp://shop.example/a',
    'shop.example/a',
    'http://shop.example#a',
    '*',
    '?a',
  ])('GET %s is refused', async (target) => {
    const { url, asked } = await echo();

    const answer = await request(url, [`GET ${target} HTTP/1.1`, 'host: shop.example']);

    expect(answer.status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('is the host for everything that reads it, including fields', async () => {
    const { url } = await startGateway({
      config: {
        routes: {
          field: { match: { headers: { host: 'shop.example' } }, respond: { body: 'field' } },
          rest: { match: {}, respond: { body: 'rest' } },
        },
      },
    });
    const lines = ['GET http://shop.example/ HTTP/1.1', 'host: other.example'];
    expect((await request(url, lines)).body).toBe('field');
  });

  test('still needs a Host field', async () => {
    const { url } = await echo();
    expect((await request(url, ['GET http://shop.example/ HTTP/1.1'])).status).toBe(400);
  });
});

describe('Host (RFC 9112 §3.2)', () => {
  test.each([
    [[]],
    [['host:']],
    [['host: a', 'host: a']],
    [['host: a', 'HOST: b']],
    [['host: a@b']],
    [['host: a/b']],
    [['host: a,b']],
    [['host: a b']],
    [['host: a:port']],
    [['host: a:123456']],
    [['host: [::1']],
    [['host: http://a']],
    [['host: a?b']],
  ])('%j is refused', async (lines) => {
    const { url, asked } = await echo();

    const answer = await request(url, ['GET / HTTP/1.1', ...lines]);

    expect(answer.status).toBe(400);
    expect(problemCode(answer)).toBe('GW_REQUEST_INVALID');
    expect(asked).toEqual([]);
  });

  test.each(['shop.example', 'SHOP.EXAMPLE', 'shop.example:8080'])(
    '%s finds the route of its host, whatever its case and port',
    async (host) => {
      const { url, asked } = await echo();
      await request(url, ['GET / HTTP/1.1', `host: ${host}`]);
      expect(asked).toEqual([`shop ${host.toLowerCase()} /`]);
    },
  );
});

test.each([
  ['/a%2fb?secret', '/a%2fb'],
  ['/a#secret', '/a'],
  ['http://user:secret@a.example/b?c', '/b'],
  ['user:secret@a/b', 'a/b'],
  ['?secret', ''],
  ['/a\u001b[2J\xe9\n', '/a%1B[2J%E9%0A'],
  [`/${'a'.repeat(9_000)}`, `/${'a'.repeat(1_023)}…`],
])('of the refused target %j, the log has %j', (url, path) => {
  expect(refusedPath(url)).toBe(path);
});

describe('methods', () => {
  test('OPTIONS * asks the gateway itself', async () => {
    const { url, asked } = await echo();

    const { status, headers } = await request(url, ['OPTIONS * HTTP/1.1', 'host: a']);

    expect([status, headers['x-request-id']]).toEqual([204, expect.any(String)]);
    expect(asked).toEqual([]);
  });

  test.each(['TRACE / HTTP/1.1', 'CONNECT shop.example:443 HTTP/1.1', 'BREW / HTTP/1.1'])(
    '%s is 501',
    async (line) => {
      const { url, asked } = await echo();

      const answer = await request(url, [line, 'host: shop.example']);

      expect([answer.status, problemCode(answer)]).toEqual([501, 'GW_METHOD_UNSUPPORTED']);
      expect(answer.headers['proxy-status']).toBe('portico; error=http_request_error');
      expect(asked).toEqual([]);
    },
  );

  test.each(['PATCH', 'DELETE', 'PROPFIND', 'QUERY', 'PURGE', 'OPTIONS'])(
    '%s is forwarded by a route that names no methods',
    async (method) => {
      const { url, asked } = await echo();
      const { status } = await request(url, [`${method} /a HTTP/1.1`, 'host: a']);
      expect([status, asked]).toEqual([200, ['up a /a']]);
    },
  );
});

describe('limits of the head', () => {
  const small = { url: '1KiB', headers: '2KiB' };

  test.each([
    [1_024, 200],
    [1_025, 414],
    [20_000, 414],
  ])('a target of %i bytes is %i', async (bytes, expected) => {
    const { url } = await echo(small);

    const line = `GET /${'a'.repeat(bytes - 1)} HTTP/1.1`;
    const answer = await request(url, [line, 'host: a']);

    expect(answer.status).toBe(expected);
    if (expected === 414) expect(problemCode(answer)).toBe('GW_URI_TOO_LONG');
  });

  test.each([
    [2_000, 200],
    [2_100, 431],
    [20_000, 431],
  ])('fields of %i bytes are %i', async (bytes, expected) => {
    const { url, asked } = await echo(small);

    const lines = ['GET / HTTP/1.1', 'host: a', `x: ${'a'.repeat(bytes)}`];
    const answer = await request(url, lines);

    expect(answer.status).toBe(expected);
    if (expected === 431) expect(problemCode(answer)).toBe('GW_HEADERS_TOO_LARGE');
    expect(asked).toHaveLength(expected === 200 ? 1 : 0);
  });

  test('many short fields count like few long ones', async () => {
    const { url } = await echo(small);
    const fields = Array.from({ length: 300 }, (_, i) => `x-${i}: a`);
    expect((await request(url, ['GET / HTTP/1.1', 'host: a', ...fields])).status).toBe(431);
  });
});

describe('a raw byte past ASCII in a target', () => {
  const targets = ['/caf\u00c3\u00a9', '/caf\u00e9', '/a?caf\u00c3\u00a9'];

  test('is 400, because its encoding is unknown', async () => {
    const { url, asked } = await echo();
    for (const target of targets) {
      expect((await request(url, [`GET ${target} HTTP/1.1`, 'host: a'])).status).toBe(400);
    }
    expect(asked).toEqual([]);
  });

  test('is 400 over HTTP/2, whose parser accepts it', async () => {
    const { url } = await startGateway({
      config: { server: { tls: pair('server') }, routes: { all: forwardTo('/*') } },
      upstreams: { up: () => ({}) },
    });
    const session = await openH2(url);
    for (const target of targets) {
      expect((await fetchH2(session, { ':path': target })).status).toBe(400);
    }
  });
});
