import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { HELD_BYTES } from '../../src/core/body.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest, codeOf, failure } from '../helpers/call.ts';
import { FIGURE_TRIES, LEAVES_WITHIN_MS } from '../helpers/figures.ts';
import { leafTo } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, type FakeUpstream, startUpstream, startWire } from '../helpers/upstream.ts';

const left = failure('GW_CLIENT_CLOSED');
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How long the upstream takes to notice that its answer is no longer wanted. */
async function untilClosed(upstream: FakeUpstream): Promise<number> {
  const startedAt = performance.now();
  await eventually(() => upstream.open === 0);
  return performance.now() - startedAt;
}

describe('a call that is cancelled', FIGURE_TRIES, () => {
  test('before it begins sends nothing', async () => {
    const upstream = await startUpstream((_request, response) => void response.end());
    const signal = new Cancellation();
    signal.cancel(left);
    const { call, state } = leafTo(upstream.url);
    expect(await codeOf(call(aRequest({ signal })))).toBe('GW_CLIENT_CLOSED');
    expect(upstream.connections).toBe(0);
    expect(state.targets.all[0]!.inflight).toBe(0);
  });

  test.each(['nothing', 'bytes', 'an upload'])(
    'while it connects is over at once, and sends nothing later (body: %s)',
    async (kind) => {
      const upstream = await startUpstream((_request, response) => void response.end());
      const signal = new Cancellation();
      const world = sending();
      world.client.write('body');
      const body = kind === 'an upload' ? world.upload : Buffer.from('{}');
      const request = aRequest({
        signal,
        method: 'PUT',
        body: kind === 'nothing' ? undefined : body,
      });
      const { call, state } = leafTo(upstream.url);
      const outcome = codeOf(call(request));
      signal.cancel(left);
      expect(await outcome).toBe('GW_CLIENT_CLOSED');
      expect(state.targets.all[0]!.inflight).toBe(0);
      await eventually(() => upstream.connections === 1);
      await untilClosed(upstream);
      expect(state.targets.all[0]!.waiting).toBe(0);
      expect(upstream.hits).toBe(0);
      expect(world).toMatchObject({ continued: 0, upload: { received: 0 } });
    },
  );

  test('leaves little behind if no connection opens, however many there are', async () => {
    const upstream = await startWire(() => undefined);
    const { call, state } = leafTo(upstream.url.replace('http', 'https'), {
      connectTimeoutMs: 60_000,
      connections: 2,
      bulkhead: { concurrency: 2, queue: 0, waitMs: 1 },
    });
    const codes: string[] = [];
    for (let i = 0; i < 100; i++) {
      const signal = new Cancellation();
      const outcome = codeOf(call(aRequest({ signal })));
      signal.cancel(left);
      codes.push(await outcome);
    }
    expect(codes.filter((code) => code === 'GW_CLIENT_CLOSED')).toHaveLength(4);
    expect(codes.at(-1)).toBe('GW_UPSTREAM_CONNECT');
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 4 });
  });

  test('while it waits for the head ends the request to the upstream at once', async () => {
    const upstream = await startWire(() => undefined);
    const signal = new Cancellation();
    const outcome = codeOf(leafTo(upstream.url).call(aRequest({ signal })));
    await eventually(() => upstream.hits === 1);
    signal.cancel(left);
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
    expect(await outcome).toBe('GW_CLIENT_CLOSED');
  });

  test('while it reads the body ends it too, and fails the reader', async () => {
    const upstream = await startWire((socket) => void socket.write(`${HEAD}some`));
    const signal = new Cancellation();
    const { body } = await leafTo(upstream.url).call(aRequest({ signal }));
    const read = codeOf(body.bytes(1_000_000));
    signal.cancel(left);
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
    expect(await read).toBe('GW_CLIENT_CLOSED');
  });

  test('while the upstream is paused ends it too', async () => {
    const upstream = await startWire((socket) => void socket.write(HEAD + 'x'.repeat(900_000)));
    const signal = new Cancellation();
    const { body } = await leafTo(upstream.url).call(aRequest({ signal }));
    await eventually(() => body.received >= HELD_BYTES);
    signal.cancel(left);
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
    expect(body.isClosed).toBe(true);
  });

  test('while it uploads stops the upload, and keeps the client’s connection', async () => {
    const upstream = await startWire(() => undefined);
    const signal = new Cancellation();
    const { upload, client } = sending();
    client.write('half');
    const outcome = codeOf(
      leafTo(upstream.url).call(aRequest({ signal, method: 'POST', body: upload })),
    );
    await eventually(() => upload.received > 0);
    signal.cancel(left);
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
    expect(await outcome).toBe('GW_CLIENT_CLOSED');
    expect(client.destroyed).toBe(false);
    expect(upload.isFlowing).toBe(false);
  });

  test('after its end does nothing: the connection is reused', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('body'));
    const signal = new Cancellation();
    const { call } = leafTo(upstream.url);
    const { body } = await call(aRequest({ signal }));
    await body.bytes(100);
    signal.cancel(left);
    await pause(20);
    expect(upstream.open).toBe(1);
  });
});

describe('a body that is destroyed', FIGURE_TRIES, () => {
  test('ends the request to the upstream at once', async () => {
    const upstream = await startWire((socket) => void socket.write(`${HEAD}some`));
    const { body } = await leafTo(upstream.url).call(aRequest());
    body.destroy();
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
  });
});

describe('idleTimeout', FIGURE_TRIES, () => {
  test('cuts a body that stops, as the upstream’s fault', async () => {
    const upstream = await startWire((socket) => void socket.write(`${HEAD}some`));
    const { call, state } = leafTo(upstream.url, { idleTimeoutMs: 60 });
    const { body } = await call(aRequest());
    expect(await codeOf(body.bytes(1_000_000))).toBe('GW_UPSTREAM_TIMEOUT');
    expect(await untilClosed(upstream)).toBeLessThan(LEAVES_WITHIN_MS);
    expect(state.targets.all[0]!.inflight).toBe(0);
  });

  test('cuts a body that never begins', async () => {
    const upstream = await startWire((socket) => void socket.write(HEAD));
    const { body } = await leafTo(upstream.url, { idleTimeoutMs: 60 }).call(aRequest());
    expect(await codeOf(body.bytes(1_000_000))).toBe('GW_UPSTREAM_TIMEOUT');
  });

  test('is counted from chunk to chunk: a slow body may last', async () => {
    const upstream = await startUpstream((_request, response) => {
      let due = 8;
      const timer = setInterval(() => {
        response.write('x');
        due -= 1;
        if (due > 0) return;
        clearInterval(timer);
        response.end();
      }, 30);
    });
    const { body } = await leafTo(upstream.url, { idleTimeoutMs: 150 }).call(aRequest());
    expect(await body.bytes(100)).toHaveLength(8);
  });

  test('is not counted while we have paused the upstream', async () => {
    const total = 40 * HELD_BYTES;
    const upstream = await startUpstream((_request, response) => void response.end(bytesOf(total)));
    const { body } = await leafTo(upstream.url, { idleTimeoutMs: 200 }).call(aRequest());
    const stream = body.stream();
    let received = 0;
    await once(stream, 'readable');
    for (let i = 0; i < 3; i++) {
      await pause(300);
      received += (stream.read() as Buffer).length;
    }
    for await (const chunk of stream) received += (chunk as Buffer).length;
    expect(received).toBe(total);
  });

  test('leaves no timer behind after a complete body', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.write('some');
      setTimeout(() => response.end(), 10);
    });
    const { body } = await leafTo(upstream.url, { idleTimeoutMs: 40 }).call(aRequest());
    let closed: Error | undefined | null = null;
    body.onClose((error) => (closed = error));
    await body.bytes(10);
    await pause(80);
    expect(closed).toBeUndefined();
  });
});

describe('a connection that has become stale', () => {
  /** Answers the first request of a connection, and kills the connection at the second. */
  const stale = () =>
    startWire((socket) => {
      if (socket.bytesWritten > 0) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });

  test('is GW_UPSTREAM_RESET, so that an idempotent call may be sent again', async () => {
    const upstream = await stale();
    const { call } = leafTo(upstream.url, { connections: 1 });
    await (await call(aRequest())).body.dump();
    expect(await codeOf(call(aRequest({ method: 'POST', body: Buffer.from('{}') })))).toBe(
      'GW_UPSTREAM_RESET',
    );
    await expect(call(aRequest())).resolves.toMatchObject({ status: 200 });
  });

  test('is not used if the upstream has closed it in time', async () => {
    const upstream = await startUpstream(({ socket }, response) => {
      response.end('body');
      setTimeout(() => socket.end(), 10);
    });
    const { call } = leafTo(upstream.url, { connections: 1 });
    for (let i = 0; i < 3; i++) {
      const { body } = await call(aRequest({ method: 'POST', body: Buffer.from('{}') }));
      expect((await body.bytes(10)).toString()).toBe('body');
      await eventually(() => upstream.open === 0);
    }
    expect(upstream).toMatchObject({ hits: 3, connections: 3 });
  });
});
