import { describe, expect, test } from 'vitest';
import type { Headers, MutableHeaders } from '../../src/core/headers.ts';
import { addVia } from '../../src/edge/response-head.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRawUpstream } from '../gateway/support/upstream.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

/** A gateway in front of an upstream that answers with these bytes. */
async function answering(
  lines: readonly string[],
  body = '',
  more: object = {},
  plugins: object = {},
) {
  const upstream = await startRawUpstream((socket) => {
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  });
  const { url } = await startGateway({
    config: {
      plugins,
      upstreams: { up: { targets: [upstream], retry: false, breaker: false } },
      routes: { all: forwardTo('/*', more) },
    },
  });
  return (line = 'GET / HTTP/1.1', fields: readonly string[] = []) =>
    request(url, [line, 'host: shop.example', ...fields]);
}

describe('the head of a forwarded answer', () => {
  test('loses the fields of the upstream connection, and those that Connection names', async () => {
    const ask = await answering(
      [
        'HTTP/1.1 200 OK',
        'Connection: close, X-Internal',
        'X-Internal: secret',
        'Keep-Alive: timeout=1',
        'Proxy-Authenticate: Basic',
        'Proxy-Connection: close',
        'Upgrade: h2c',
        'Trailer: x',
        'X-Kept: 1',
        'Content-Length: 2',
      ],
      'hi',
    );

    const { headers, body } = await ask();

    expect(body).toBe('hi');
    expect(headers).toEqual({
      'x-kept': '1',
      'content-length': '2',
      via: '1.1 portico',
      'x-request-id': expect.any(String) as unknown,
      date: expect.any(String) as unknown,
      connection: 'keep-alive',
      'keep-alive': 'timeout=72',
    });
  });

  test('gets our Via after those of others', () => {
    const relayedHeaders = (headers: Headers) => {
      const own = { ...headers } as MutableHeaders;
      addVia(own);
      return own;
    };
    expect(relayedHeaders({ via: '1.1 inner' })['via']).toBe('1.1 inner, 1.1 portico');
    expect(relayedHeaders({ via: ['1.0 a', '1.1 b'] })['via']).toBe('1.0 a,1.1 b, 1.1 portico');
  });

  test('keeps bytes, repeated fields and several cookies unchanged', async () => {
    const ask = await answering([
      'HTTP/1.1 200 OK',
      'X-Name: caf\u00c3\u00a9',
      'Set-Cookie: a=1; Path=/',
      'Set-Cookie: b=2',
      'WWW-Authenticate: Basic',
      'WWW-Authenticate: Digest',
      'Content-Length: 0',
    ]);

    const { headers } = await ask();

    expect(headers).toMatchObject({
      'x-name': 'caf\u00c3\u00a9',
      'set-cookie': 'a=1; Path=/, b=2',
      'www-authenticate': 'Basic, Digest',
    });
  });

  test.each([
    ['HTTP/1.1 404 Not Found', 404],
    ['HTTP/1.1 503 Whatever', 503],
    ['HTTP/1.1 299 Odd', 299],
  ])('keeps the status of %s: it is a response, not a gateway error', async (line, status) => {
    const ask = await answering([line, 'X-Theirs: 1', 'Content-Length: 4'], 'oops');

    const answer = await ask();

    expect([answer.status, answer.body, answer.headers['x-theirs']]).toEqual([status, 'oops', '1']);
    expect(answer.headers['proxy-status']).toBeUndefined();
  });

  test.each(['HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified'])(
    '%s has no body',
    async (line) => {
      const ask = await answering([line, 'ETag: "1"']);
      const answer = await ask();
      expect([answer.body, answer.headers['etag']]).toEqual(['', '"1"']);
      expect(answer.headers['transfer-encoding']).toBeUndefined();
    },
  );

  test('drops informational responses before it', async () => {
    const ask = await answering(
      [
        'HTTP/1.1 103 Early Hints',
        'Link: </a.css>',
        '',
        'HTTP/1.1 200 OK',
        'X-Final: 1',
        'Content-Length: 2',
      ],
      'hi',
    );

    const { headers, body } = await ask();

    expect([body, headers['x-final'], headers['link']]).toEqual(['hi', '1', undefined]);
  });

  test('for HEAD keeps the length and has no body', async () => {
    const ask = await answering(['HTTP/1.1 200 OK', 'Content-Length: 1234']);
    const answer = await ask('HEAD / HTTP/1.1');
    expect([answer.headers['content-length'], answer.body]).toEqual(['1234', '']);
  });

  test.each([
    [['HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 3'], 'hi'],
    [['HTTP/1.1 200 OK', 'Bad Header: x', 'Content-Length: 2'], 'hi'],
    [['GARBAGE'], ''],
    [['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 2'], 'hi'],
  ])('that can be read in two ways, or not at all, is 502: %j', async (lines, body) => {
    const ask = await answering(lines, body);

    const answer = await ask();

    expect(answer.status).toBe(502);
    expect(answer.body).toContain('GW_UPSTREAM_PROTOCOL');
    expect(answer.body).not.toMatch(/127\.0\.0\.1|HPE_|undici|at /);
  });
});

describe('an invalid status (600 and up)', () => {
  test.each([
    ['straight to the socket', {}, {}],
    ['through Fastify', { ordinary: { module: fixture('ordinary') } }, {}],
    ['past hooks of plugins', { trace: { module: fixture('trace') } }, { trace: {} }],
    ['through a transform', { trace: { module: fixture('trace') } }, { trace: { wrap: '<' } }],
  ])('is passed on %s, because the upstream chose it', async (_way, plugins, more) => {
    const lines = ['HTTP/1.1 999 Whatever', 'Content-Length: 2'];
    const ask = await answering(lines, 'hi', more, plugins);
    const { status, body } = await ask('GET / HTTP/1.1', ['connection: close']);
    expect([status, body.includes('hi')]).toEqual([999, true]);
  });
});

describe('what hooks set on the answer', () => {
  test('wins over the upstream, except that Vary and Set-Cookie are added to', async () => {
    const ask = await answering(
      [
        'HTTP/1.1 200 OK',
        'X-Request-Id: theirs',
        'Vary: Accept',
        'Set-Cookie: a=1',
        'RateLimit: theirs',
        'Content-Length: 0',
      ],
      '',
      {
        rateLimit: { max: 5, window: '1m', by: 'address' },
        cors: { origins: ['https://shop.example'] },
        headers: { response: { add: { 'set-cookie': 'b=2', vary: 'X-Own' } } },
      },
    );

    const { headers } = await ask();

    expect(headers['x-request-id']).not.toBe('theirs');
    expect(headers['ratelimit']).toMatch(/^"address";r=4/);
    expect(headers['set-cookie']).toBe('a=1, b=2');
    expect(headers['vary']?.split(', ')).toEqual(['Accept', 'Origin', 'X-Own']);
  });
});
