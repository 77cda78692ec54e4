import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, receive, request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

const line = fc.constantFrom(
  'GET / HTTP/1.1',
  'GET /m/items/1 HTTP/1.1',
  'POST /m/orders HTTP/1.1',
  'POST /a/%2e%2e;/b?x=%00 HTTP/1.1',
  'HEAD /respond HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'GET http://a/x HTTP/1.1',
  'PUT /sum HTTP/1.0',
  'CONNECT a:1 HTTP/1.1',
  'TRACE / HTTP/1.1',
  'GET /',
  '',
);
const field = fc.constantFrom(
  'host: a',
  'host: a',
  'host: b@c',
  'content-length: 5',
  'content-length: 70000',
  'transfer-encoding: chunked',
  'transfer-encoding: gzip',
  'expect: 100-continue',
  'expect: x',
  'connection: close',
  'connection: upgrade, host, content-length',
  'upgrade: h2c',
  'content-type: application/json',
  'content-type: \t;',
  'origin: https://a.example',
  'access-control-request-method: POST',
  'authorization: Bearer a.b.c',
  'x: \x80\xff',
  'te: trailers',
  ' folded',
  'no colon',
  ':',
);
const body = fc.constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'ZZ\r\n',
  '{"lines":[]}',
  '\0\0\0',
);
const message = fc
  .tuple(line, fc.array(field, { maxLength: 6 }), body)
  .map(([first, fields, rest]) => `${[first, ...fields].join('\r\n')}\r\n\r\n${rest}`);

const file = (path: string): string => new URL(path, import.meta.url).pathname;

test('whatever a client sends, it is answered, and the next client is served', async () => {
  const upstream = await startRecorder();
  const { url, fetch, gateway } = await startGateway({
    config: {
      server: {
        limits: { idle: '200ms', headersTimeout: '300ms', keepAlive: '100ms', body: '64KiB' },
      },
      upstreams: { items: { targets: [upstream.url] }, stock: { targets: [upstream.url] } },
      plugins: { trace: { module: file('../plugins/fixtures/trace.ts') } },
      routes: {
        bff: {
          match: { path: '/m/*' },
          cors: { origins: ['*'] },
          bff: file('../bff/fixtures/shop.ts'),
        },
        respond: { match: { path: '/respond' }, respond: { body: 'ok' } },
        sum: {
          match: { path: '/sum' },
          aggregate: { part: { upstream: 'items', path: '/', method: 'PUT' } },
        },
        all: forwardTo('/*', { upstream: 'items', cors: { origins: ['*'] } }),
      },
    },
  });
  const send = async (messages: readonly string[]): Promise<string> => {
    const socket = await open(url);
    socket.write(messages.join(''), 'latin1');
    return receive(socket);
  };
  const samples = fc.sample(fc.array(message, { minLength: 1, maxLength: 3 }), 400);
  const answers = await Promise.all(samples.map(send));

  for (const [i, text] of answers.entries()) {
    expect(text, JSON.stringify(samples[i])).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
    expect(text).not.toMatch(/node_modules|FST_|undici|\n\s+at /);
  }
  expect(await (await fetch('/respond')).text()).toBe('ok');
  await expect.poll(() => gateway.status().inflight).toBe(0);
  for (const { slots } of gateway.status().upstreams) expect(slots.used).toBe(0);
  for (const { url: path } of upstream.received) expect(path).not.toMatch(/\.\.|\/\/|%00/);
});

test('a content type that announces a body, and no body, is answered', async () => {
  const { url } = await startGateway({
    config: {
      upstreams: {
        items: { targets: ['http://127.0.0.1:1'] },
        stock: { targets: ['http://127.0.0.1:1'] },
      },
      plugins: { trace: { module: file('../plugins/fixtures/trace.ts') } },
      routes: { bff: { match: { path: '/m/*' }, bff: file('../bff/fixtures/shop.ts') } },
    },
  });
  const lines = ['POST /m/orders HTTP/1.1', 'host: a', 'content-type: application/json'];
  expect((await request(url, lines)).status).toBe(400);
});
