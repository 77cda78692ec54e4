import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { open, parse, receive } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';

const POST = 'POST / HTTP/1.1\r\nhost: a\r\n';

/** Two optional parts: `order` gets the body and answers once it has all of it, or `early`. */
async function writing({ early = false, limit = '1MiB' } = {}) {
  const origin = await startUpstream((request, response) => {
    if (early || request.method === 'GET') response.end('{}');
    else request.resume().once('end', () => response.end('{}'));
  });
  return startGateway({
    config: {
      server: { limits: { idle: '300ms' } },
      upstreams: { up: { targets: [origin] } },
      routes: {
        all: {
          match: { path: '/' },
          limits: { body: limit },
          aggregate: {
            order: { upstream: 'up', path: '/orders', method: 'POST' },
            user: { upstream: 'up', path: '/me' },
          },
        },
      },
    },
  });
}

describe('a fault in the request body of an optional part', () => {
  test('is reported: its chunks are too long', async () => {
    const { url } = await writing({ limit: '100B' });
    const socket = await open(url);
    socket.write(`${POST}transfer-encoding: chunked\r\n\r\nc8\r\n${'x'.repeat(200)}\r\n`);
    const { status, headers } = parse(await receive(socket));
    expect([status, headers['connection']]).toEqual([413, 'close']);
  });

  test('is reported: it does not arrive', async () => {
    const { url } = await writing();
    const socket = await open(url);
    socket.write(`${POST}content-length: 10\r\n\r\nabc`);
    const { status, headers } = parse(await receive(socket));
    expect([status, headers['connection']]).toEqual([408, 'close']);
  });
});

test('after a part that answers before it has the body, no connection waits for the rest', async () => {
  const { url } = await writing({ early: true });
  const socket = await open(url);
  socket.write(`${POST}content-length: 900000\r\n\r\nabc`);
  const { status, headers, body } = parse(await receive(socket));
  expect([status, headers['connection'], body]).toEqual([200, 'close', '{"order":{},"user":{}}']);
});
