import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { FIGURE_TRIES, LEAVES_WITHIN_MS } from '../helpers/figures.ts';
import { answerOf, ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import {
  closed,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  openFrames,
  LONG_POST,
  openForH2,
  POST,
  TYPE,
} from '../helpers/h2-frames.ts';
import { pair } from './gateway.ts';

/** An upstream that answers nothing by itself, behind a gateway. */
async function before(server: object = {}, begin: (response: ServerResponse) => void = () => {}) {
  const seen = { requests: 0, leftAt: 0, bodiesEnded: 0, responses: [] as ServerResponse[] };
  const origin = await startUpstream((request, response) => {
    request.resume().once('end', () => (seen.bodiesEnded += 1));
    seen.requests += 1;
    seen.responses.push(response);
    response.once('close', () => (seen.leftAt = performance.now()));
    begin(response);
  });
  const gateway = await startGateway({
    config: {
      server: { tls: pair('server'), ...server },
      upstreams: { up: { targets: [origin], breaker: false } },
      routes: {
        all: forwardTo('/*'),
        here: { match: { path: '/here' }, respond: { status: 200 } },
      },
    },
  });
  const serves = async (): Promise<boolean> => {
    const session = await openH2(gateway.url);
    return (await fetchH2(session, { ':path': '/here' })).status === 200;
  };
  return { ...gateway, seen, serves };
}

/** How connections come to speak HTTP/2. */
const WAYS = [
  ['by ALPN', {}],
  ['by prior knowledge', { tls: undefined, http2: 'prior' }],
] as const;

describe('a client that resets its stream', FIGURE_TRIES, () => {
  test.each([
    ['before the head', undefined, 8],
    ['before the head, with no error', undefined, 0],
    ['within the body', (response: ServerResponse) => void response.writeHead(200).write('x'), 8],
  ])('%s ends the call to the upstream at once', async (_when, begin, code) => {
    const { url, seen, gateway } = await before({}, begin);
    const stream = ask(await openH2(url), {});
    await expect.poll(() => seen.requests).toBe(1);
    if (begin !== undefined) await once(stream, 'data');
    const leftAt = performance.now();
    stream.close(code);
    await expect.poll(() => seen.leftAt, { interval: 5 }).toBeGreaterThan(0);
    expect(seen.leftAt - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
    await expect.poll(() => gateway.status().inflight).toBe(0);
    expect(gateway.status().upstreams[0]).toMatchObject({ slots: { used: 0 } });
  });

  test.each([0, 8])(
    'in its upload, with code %i, lets nobody take that for whole',
    async (code) => {
      const { url, seen, gateway } = await before();
      const socket = await openFrames(url);
      socket.write(frame(TYPE.headers, END_HEADERS, 1, LONG_POST));
      socket.write(frame(TYPE.data, 0, 1, Buffer.from('a part')));
      await expect.poll(() => seen.requests).toBe(1);
      const leftAt = performance.now();
      socket.write(frame(TYPE.reset, 0, 1, Buffer.from([0, 0, 0, code])));
      await expect.poll(() => seen.leftAt, { interval: 5 }).toBeGreaterThan(0);
      expect(seen.leftAt - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
      expect(seen.bodiesEnded).toBe(0);
      await expect.poll(() => gateway.status().inflight).toBe(0);
    },
  );
});

describe.each(WAYS)('a connection over HTTP/2 (%s) is closed', (_way, server) => {
  test('when it resets streams as fast as it opens them', async () => {
    const { url, seen, gateway, serves } = await before(server);
    const socket = await openFrames(url);
    const ended = closed(socket);
    for (let i = 0; i < 4_000 && socket.writable; i++) {
      const id = 2 * i + 1;
      const cancel = frame(TYPE.reset, 0, id, Buffer.from([0, 0, 0, 8]));
      socket.write(Buffer.concat([frame(TYPE.headers, END_HEADERS | END_STREAM, id, GET), cancel]));
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await ended;
    expect(seen.requests).toBeLessThan(1_000);
    await expect.poll(() => gateway.status().inflight).toBe(0);
    expect(await serves()).toBe(true);
  });

  test.each([
    ['settings', () => frame(TYPE.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 9]))],
    ['pings', () => frame(TYPE.ping, 0, 0, Buffer.alloc(8))],
  ])('when it sends %s without an end', async (_what, make) => {
    const { url, serves } = await before(server);
    const socket = await openFrames(url);
    const ended = closed(socket);
    for (let i = 0; i < 5_000 && socket.writable; i++) {
      socket.write(make());
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await ended;
    expect(await serves()).toBe(true);
  });

  test('when a head goes on in frame after frame (CONTINUATION)', async () => {
    const { url, serves } = await before(server);
    const socket = await openFrames(url);
    const ended = closed(socket);
    socket.write(frame(TYPE.headers, END_STREAM, 1, GET));
    for (let i = 0; i < 5_000 && socket.writable; i++) {
      socket.write(frame(TYPE.more, 0, 1, Buffer.from([0x00, 0x01, 0x78, 0x01, 0x79])));
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await ended;
    expect(await serves()).toBe(true);
  });

  test('when it begins with something else, or with nothing', async () => {
    const { url, serves } = await before({ ...server, limits: { headersTimeout: '200ms' } });
    const odd = await openForH2(url);
    odd.write('PRI * HTTP/1.1\r\nhost: a\r\n\r\n');
    await closed(odd);
    await closed(await openForH2(url));
    expect(await serves()).toBe(true);
  });

  test('when it has asked nothing for as long as connections are kept', async () => {
    const { url } = await before({ ...server, limits: { keepAlive: '200ms' } });
    const session = await openH2(url);
    await fetchH2(session, { ':path': '/here' });
    await once(session, 'close');
  });
});

test('a client that takes no byte of its answer is cut off after `readerIdle`', async () => {
  const { url, seen, gateway } = await before({ limits: { readerIdle: '200ms' } }, (response) => {
    response.writeHead(200).end(Buffer.alloc(4_000_000));
  });
  const stream = ask(await openH2(url), {});
  await once(stream, 'response');
  await expect.poll(() => stream.closed).toBe(true);
  expect(stream.rstCode).not.toBe(0);
  await expect.poll(() => seen.leftAt).toBeGreaterThan(0);
  await expect.poll(() => gateway.status().inflight).toBe(0);
});

test('more than 128 fields, or a head far over the limit, are refused', async () => {
  const { url, serves } = await before();
  const session = await openH2(url, { maxSendHeaderBlockLength: 200_000 });
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, '1']));
  await expect(fetchH2(session, many)).rejects.toThrow();
  const large = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`x-${i}`, 'v'.repeat(8_000)]),
  );
  await expect(fetchH2(session, large)).rejects.toThrow();
  expect(await serves()).toBe(true);
});

test('more than 100 streams at once are not asked for, or refused', async () => {
  const { url } = await before();
  const session = await openH2(url);
  expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
});

test.each([
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'h2c'],
])('a field of HTTP/1.1 connections (%s) resets the stream', async (name, value) => {
  const { url, seen, serves } = await before();
  const socket = await openFrames(url);
  const field = Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
  const head = Buffer.concat([GET, field]);
  socket.write(frame(TYPE.headers, END_HEADERS | END_STREAM, 1, head));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await expect.poll(() => types(Buffer.concat(chunks))).toContain(TYPE.reset);
  expect(seen.requests).toBe(0);
  expect(await serves()).toBe(true);
});

/** The types of the frames in `bytes`. */
function types(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    found.push(bytes[at + 3]!);
  }
  return found;
}

describe.each(WAYS)('on shutdown (%s)', (_way, server) => {
  test('streams finish, the client is told, and then the connection ends', async () => {
    const { url, seen, gateway } = await before(server);
    const session = await openH2(url);
    const stream = ask(session, {});
    await expect.poll(() => seen.requests).toBe(1);
    const toldToGo = once(session, 'goaway');
    const drained = gateway.close();
    await toldToGo;
    seen.responses[0]?.end('late');
    expect((await answerOf(stream)).body.toString()).toBe('late');
    expect(await drained).toBe(true);
    if (!session.destroyed) await once(session, 'close');
  });

  test('streams that do not finish are cut at the end of the grace', async () => {
    const { url, seen, gateway } = await before({ ...server, shutdown: { grace: '200ms' } });
    const stream = ask(await openH2(url), {});
    await expect.poll(() => seen.requests).toBe(1);
    expect(await gateway.close()).toBe(false);
    if (!stream.destroyed) await once(stream, 'close');
  });
});

test.each(WAYS)('whatever frames a client sends (%s), the next is served', async (_way, server) => {
  const { url, serves, gateway } = await before(server);
  let state = 7;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  for (let i = 0; i < 100; i++) {
    const socket = await openFrames(url);
    socket.write(frame(TYPE.headers, END_HEADERS | draw(2), 1, draw(2) === 0 ? GET : POST));
    for (let k = 0; k < 8 && socket.writable; k++) {
      const payload = Buffer.from(Array.from({ length: draw(24) }, () => draw(256)));
      socket.write(frame(draw(12), draw(256), draw(4), payload));
    }
    if (draw(2) === 0) socket.destroy();
    else setTimeout(() => socket.destroy(), draw(20));
  }
  expect(await serves()).toBe(true);
  await expect.poll(() => gateway.status().inflight).toBe(0);
});
