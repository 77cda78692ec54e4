import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { ask, openH2 } from '../helpers/h2-client.ts';
import { pem } from '../helpers/secure-upstream.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

const LARGE = JSON.stringify('x'.repeat(1_000_000));
const limits = { limits: { readerIdle: '400ms' } };
const trace = { trace: { module: fixture('trace') } };

/** Requests `/` and reads nothing. */
async function askAndStop(url: string): Promise<Socket> {
  const socket = await open(url);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  return socket;
}

/** More than the buffers of two sockets hold. */
const twelve = (): object =>
  Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`part${i}`, { upstream: 'up', path: '/' }]),
  );

describe('a client that stops reading is cut off after `readerIdle`', () => {
  test('if a plugin transforms the answer, which frees its slot', async () => {
    const origin = await startUpstream((_request, response) => {
      response.end(Buffer.alloc(20_000_000));
    });
    const { url, gateway } = await startGateway({
      config: {
        server: limits,
        plugins: trace,
        upstreams: { up: { targets: [origin] } },
        routes: { all: forwardTo('/', { trace: { wrap: '<>' } }) },
      },
    });
    await askAndStop(url);
    const used = (): unknown => gateway.status().upstreams[0]?.slots.used;
    await expect.poll(used).toBe(1);

    await expect.poll(used).toBe(0);
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test.each(['HTTP/1.1', 'HTTP/2'])('if the answer is composed, over %s', async (version) => {
    const isH2 = version === 'HTTP/2';
    const { url, gateway } = await startGateway({
      config: {
        server: { ...limits, ...(isH2 ? { tls: pair('server') } : {}) },
        routes: { all: { match: { path: '/' }, aggregate: twelve() } },
      },
      upstreams: { up: () => ({ body: LARGE }) },
    });
    if (isH2) ask(await openH2(url), { ':path': '/' });
    else await askAndStop(url);
    await expect.poll(() => gateway.status().inflight).toBe(1);

    await expect.poll(() => gateway.status().inflight).toBe(0);
  });
});

describe('a client that reads slowly gets all of a long answer', () => {
  /**
   * The whole answer takes three times `readerIdle`; the system's own buffers must hold less than that.
   */
  const BYTES_PER_MS = 4_000;
  const idle = { limits: { readerIdle: '1s' } };

  test.each(['HTTP/1.1', 'HTTP/1.1 over TLS', 'HTTP/2'])('over %s', async (version) => {
    const isPlain = version === 'HTTP/1.1';
    const { url } = await startGateway({
      config: {
        server: { ...idle, ...(isPlain ? {} : { tls: pair('server') }) },
        routes: { all: { match: { path: '/' }, aggregate: twelve() } },
      },
      upstreams: { up: () => ({ body: LARGE }) },
    });
    const stream = await asked(url, version);
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      stream.pause();
    });
    const startedAt = performance.now();
    const timer = setInterval(() => {
      if (length < (performance.now() - startedAt) * BYTES_PER_MS) stream.resume();
    }, 5);
    onTestFinished(() => clearInterval(timer));

    await expect.poll(() => length).toBeGreaterThan(12_000_000);
  });

  async function asked(url: string, version: string): Promise<Readable> {
    if (version === 'HTTP/2') return ask(await openH2(url), { ':path': '/' });
    if (version === 'HTTP/1.1') return askAndStop(url);
    const { port } = new URL(url);
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', ca: pem('ca.pem') });
    onTestFinished(() => void socket.destroy());
    socket.pause().write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    return socket;
  }
});

test('a client that reads none of its many refusals is cut off too', async () => {
  const { url, gateway } = await startGateway({
    config: { server: limits, routes: { all: { match: { path: '/' }, respond: { status: 204 } } } },
  });
  const socket = await askAndStop(url);

  socket.write('GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(50_000));

  await expect.poll(() => gateway.status().inflight).toBeGreaterThan(0);
  await expect.poll(() => gateway.status().inflight).toBe(0);
});

test('a client that waits for an answer in pieces is not cut off, however long they take', async () => {
  const origin = await startUpstream((_request, response) => {
    response.write('a');
    setTimeout(() => response.end('b'), 1_000);
  });
  const { fetch } = await startGateway({
    config: {
      server: limits,
      plugins: trace,
      upstreams: { up: { targets: [origin] } },
      routes: { all: forwardTo('/', { trace: { wrap: '<>' } }) },
    },
  });

  const response = await fetch('/');

  expect(await response.text()).toBe('<>ab><');
});
