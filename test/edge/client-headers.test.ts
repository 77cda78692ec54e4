import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

/** Sends fields and returns what a real upstream received. */
async function relay(fields: readonly string[], more: object = {}, upstreamOptions: object = {}) {
  const upstream = await startRecorder();
  const { url } = await startGateway({
    config: {
      upstreams: { up: { targets: [upstream.url], ...upstreamOptions } },
      routes: { all: forwardTo('/*', more) },
    },
  });
  const lines = ['GET / HTTP/1.1', 'Host: shop.example', ...fields];
  const answer = await request(url, lines);
  return { answer, url, headers: upstream.received[0]?.headers ?? {}, received: upstream.received };
}

const SPOOFED = [
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /admin',
  'X-Forwarded-Server: evil',
  'X-Forwarded-Client-Cert: Subject="CN=admin"',
  'X-Forwarded-User: admin',
  'X-Forwarded-Ssl: on',
  'X-Forwarded: for=6.6.6.6',
  'Forwarded: for=6.6.6.6;host=evil.example',
  'X-Real-IP: 6.6.6.6',
  'X-Original-URL: /admin',
  'X-Rewrite-URL: /admin',
  'X-HTTP-Method-Override: DELETE',
  'X-HTTP-Method: DELETE',
  'X-Method-Override: DELETE',
  'X-Request-Id: mine',
  'X-Request-Deadline-Ms: 999999',
];

describe('fields a client may not send', () => {
  test('are removed, and set again from the peer alone', async () => {
    const { headers, answer } = await relay(SPOOFED);

    expect(headers).toEqual({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
      connection: 'keep-alive',
      via: '1.1 portico',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'http',
      forwarded: 'for=127.0.0.1;host="shop.example";proto=http',
      'x-request-id': answer.headers['x-request-id'],
    });
  });

  test('are removed if they come twice or in other cases as well', async () => {
    const { headers } = await relay(['x-FORWARDED-for: 6.6.6.6', 'X-Forwarded-For: 7.7.7.7']);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  test('names with an underscore are dropped whole', async () => {
    const { headers } = await relay(['X_Forwarded_For: 6.6.6.6', 'x_user_id: admin', 'a_b: c']);
    expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual([]);
  });

  test('include those that a plugin sets for upstreams, on routes without that plugin too', async () => {
    const seen: unknown[] = [];
    const { fetch } = await startGateway({
      config: {
        routes: {
          vouched: forwardTo('/vouched', { headers: { request: { set: { 'x-tier': 'gold' } } } }),
          other: forwardTo('/other'),
        },
      },
      upstreams: {
        up: ({ headers }) => {
          seen.push(headers['x-tier']);
          return {};
        },
      },
    });

    await fetch('/vouched', { headers: { 'x-tier': 'forged' } });
    await fetch('/other', { headers: { 'x-tier': 'forged' } });
    await fetch('/other', { headers: { X_Tier: 'forged' } });

    expect(seen).toEqual(['gold', undefined, undefined]);
  });
});

describe('Connection', () => {
  test('removes the fields it names, and those of every connection', async () => {
    const { headers } = await relay([
      'Connection: close, X-Secret , x-other',
      'X-Secret: 1',
      'X-Other: 2',
      'X-Kept: 3',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic x',
      'TE: gzip',
      'Trailer: x-kept',
    ]);

    const gone = ['x-secret', 'x-other', 'keep-alive', 'proxy-connection', 'te', 'trailer'];
    expect(Object.keys(headers).filter((name) => gone.includes(name))).toEqual([]);
    expect(headers['x-kept']).toBe('3');
    expect(headers['proxy-authorization']).toBeUndefined();
  });

  test('cannot remove Host, credentials, the body or the gateway’s own fields', async () => {
    const upstream = await startRecorder();
    const { url } = await startGateway({
      config: {
        upstreams: { up: { targets: [upstream.url] } },
        routes: {
          all: forwardTo('/*', { headers: { request: { set: { 'x-tier': 'gold' } } } }),
        },
      },
    });
    const named =
      'host, authorization, cookie, content-type, content-length, transfer-encoding, x-forwarded-for, forwarded, x-request-id, x-tier, via';

    await request(
      url,
      [
        'POST / HTTP/1.1',
        'Host: shop.example',
        `Connection: ${named}`,
        'Authorization: Bearer x',
        'Cookie: a=b',
        'Content-Type: text/x',
        'Transfer-Encoding: chunked',
        'Via: 1.0 before',
      ],
      '5\r\nhello\r\n0\r\n\r\n',
    );

    const { headers, body } = upstream.received[0]!;
    expect(body.toString()).toBe('hello');
    expect(headers).toMatchObject({
      authorization: 'Bearer x',
      cookie: 'a=b',
      'content-type': 'text/x',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-tier': 'gold',
      via: '1.0 before, 1.1 portico',
    });
  });
});

describe('other fields', () => {
  test('pass unchanged: bytes, repetition, several cookies', async () => {
    const { received } = await relay([
      'X-Name: caf\u00c3\u00a9 \u00e2\u0082\u00ac',
      'X-Empty:',
      'X-Twice: a',
      'X-Twice: b',
      'Cookie: a=1',
      'Cookie: b=2',
      'Accept: */*;q=0.1, text/html',
    ]);

    expect(received[0]?.headers).toMatchObject({
      'x-name': 'caf\u00c3\u00a9 \u00e2\u0082\u00ac',
      'x-empty': '',
      'x-twice': 'a, b',
      cookie: 'a=1; b=2',
      accept: '*/*;q=0.1, text/html',
    });
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])(
    'a field called %s does no harm',
    async (name) => {
      const { answer } = await relay([`${name}: x`]);
      expect(answer.status).toBe(200);
    },
  );

  test('TE: trailers is sent upstream, because trailers are passed on', async () => {
    const { headers } = await relay(['TE: trailers, gzip', 'Connection: TE']);
    expect(headers['te']).toBe('trailers');
  });
});

describe('host', () => {
  test.each([
    ['target', expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
    ['client', 'shop.example'],
    ['inner.example', 'inner.example'],
  ])('%s is what the upstream gets', async (host, expected) => {
    const { headers } = await relay([], {}, { host });
    expect(headers.host).toEqual(expected);
    expect(headers['x-forwarded-host']).toBe('shop.example');
  });
});
