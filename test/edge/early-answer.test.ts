import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, receive } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { openSecure } from '../helpers/secure-client.ts';
import { pair } from '../listener/gateway.ts';

const BLOCK = Buffer.alloc(65_536, 'a');
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), BLOCK, Buffer.from('\r\n')]);
const TWENTY_MB = 20 * 1_048_576;

/** Routes that answer before they have read the whole request. */
async function answeringEarly(server: object = {}) {
  let calls = 0;
  const origin = await startUpstream((request, response) => {
    calls += 1;
    if (request.url === '/limited') request.resume();
    else response.writeHead(401, { 'content-length': 4 }).end('nope');
  });
  const gateway = await startGateway({
    config: {
      server,
      upstreams: { up: { targets: [origin] } },
      routes: {
        early: forwardTo('/early', { limits: { body: '100MiB' } }),
        low: forwardTo('/low'),
        limited: forwardTo('/limited'),
        own: {
          match: { path: '/own' },
          respond: { body: 'mine' },
          limits: { body: '100MiB' },
        },
      },
    },
  });
  return { ...gateway, calls: () => calls };
}

/** Writes the whole of a long body before it reads, as simple clients do. */
async function writeAll(socket: Socket, head: string): Promise<void> {
  socket.pause();
  socket.write(`${head}\r\nhost: a\r\n\r\n`);
  const piece = head.includes('chunked') ? CHUNK : BLOCK;
  for (let written = 0; written < TWENTY_MB && !socket.destroyed; written += BLOCK.length) {
    if (socket.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        socket.off('drain', settle).off('close', settle);
        resolve();
      };
      socket.on('drain', settle).on('close', settle);
    });
  }
}

const closing = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
  });

const DECLARED = `content-length: ${TWENTY_MB}`;
const CHUNKED = 'transfer-encoding: chunked';

describe('an answer that comes before the whole request (RFC 9112 §9.6)', () => {
  test.each([
    ['of an upstream', '/early', DECLARED, 401],
    ['of an upstream, to chunks', '/early', CHUNKED, 401],
    ['of an upstream, to more than may be sent', '/low', CHUNKED, 401],
    ['that a declared length is too long', '/limited', DECLARED, 413],
    ['that chunks are too many', '/limited', CHUNKED, 413],
    ['of the route itself', '/own', DECLARED, 200],
    ['that no route is there', '/none', DECLARED, 404],
    ['to a head that is too large', '/own', `x: ${'y'.repeat(60_000)}`, 431],
  ])(
    '%s, reaches a client that writes everything before it reads',
    async (_what, path, field, status) => {
      const { url } = await answeringEarly();
      const socket = await open(url);

      await writeAll(socket, `POST ${path} HTTP/1.1\r\n${field}`);
      const answer = receive(socket);
      socket.resume();

      expect(parse(await answer).status).toBe(status);
      expect(parse(await answer).headers['connection']).toBe('close');
    },
  );

  test('reaches it over TLS', async () => {
    const { url } = await answeringEarly({ tls: pair('server') });
    const socket = await openSecure(url);

    await writeAll(socket, `POST /early HTTP/1.1\r\n${DECLARED}`);
    const answer = receive(socket);
    socket.resume();

    expect(parse(await answer).status).toBe(401);
  });

  test('is the last on its connection: bytes after the body are not a request', async () => {
    const { url, calls } = await answeringEarly();
    const socket = await open(url);
    socket.write('POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\na');
    expect(parse(await receive(socket)).status).toBe(401);

    const closed = closing(socket);
    socket.write('a'.repeat(99_999));
    socket.end('GET /early HTTP/1.1\r\nhost: a\r\n\r\n');
    await closed;

    expect(calls()).toBe(1);
  });

  test('lingers for a bounded time if the client goes on sending', async () => {
    const { url } = await answeringEarly({ limits: { idle: '300ms' } });
    const socket = await open(url);
    socket.write('POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\na');
    expect(parse(await receive(socket)).status).toBe(401);
    const timer = setInterval(() => socket.write('a'), 20);
    onTestFinished(() => clearInterval(timer));

    await closing(socket);
  });
});
