/** What comes of an upgrade that fails, and of a socket that breaks. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, nobody, startWire } from '../helpers/upstream.ts';
import {
  afterHead,
  closeFrameCode,
  echo,
  frame,
  headOf,
  MASK,
  opened,
  rawClient,
  socketGateway,
  switching,
  upgraded,
  wireUpstream,
  wsUpstream,
} from './support.ts';

/** An upstream that answers every upgrade with a plain answer. */
async function refusing(status: number, fields: Record<string, string>, body: string) {
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    const head = [`HTTP/1.1 ${status} No`, ...lines, `content-length: ${body.length}`, '', ''];
    socket.end(head.join('\r\n') + body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const textOf = async (url: string, ...lines: readonly string[]): Promise<string> =>
  (await (await rawClient(url, headOf(...lines))).closed).toString('latin1');

const codeIn = (text: string): string | undefined => /urn:portico:error:(\w+)/.exec(text)?.[1];

describe('an upgrade that the upstream refuses', () => {
  test('is answered as the upstream did: status, fields, body; and the connection ends', async () => {
    const url = await refusing(401, { 'www-authenticate': 'Bearer realm="up"' }, 'who are you?');
    const text = await textOf((await socketGateway(url)).url);

    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).toMatch(/\r\nwww-authenticate: Bearer realm="up"\r\n/i);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toMatch(/\r\n\r\nwho are you\?$/);
  });

  test('is 502 without an address if nobody listens', async () => {
    const text = await textOf((await socketGateway(await nobody())).url);
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(codeIn(text)).toBe('GW_UPSTREAM_CONNECT');
    expect(text).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
  });

  test('goes to another target if one cannot be reached, and only then', async () => {
    const gateway = await socketGateway([await nobody(), await wsUpstream(echo)], {
      upstream: { balance: 'roundRobin' },
    });
    for (let i = 0; i < 4; i++) await opened(gateway);

    const wire = await startWire((socket) => socket.destroy());
    const other = await socketGateway([wire.url, wire.url.replace('127.0.0.1', 'localhost')]);
    expect(codeIn(await textOf(other.url))).toBe('GW_UPSTREAM_RESET');
    expect(wire.hits).toBe(1);
  });

  test.each([
    [
      'a wrong Sec-WebSocket-Accept',
      'HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: bm8=\r\n\r\n',
    ],
    [
      'no Sec-WebSocket-Accept',
      'HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ],
    ['another protocol', 'HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'],
    ['bytes that are not HTTP', 'hello\r\n\r\n'],
  ])('is 502 for %s, and no byte of a client gets there', async (_what, answer) => {
    const seen: string[] = [];
    const url = await wireUpstream(
      (socket) => socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1'))),
      () => answer,
    );
    const gateway = await socketGateway(url);
    const client = await rawClient(gateway.url, `${headOf()}GET /admin HTTP/1.1\r\n\r\n`);

    expect(codeIn((await client.closed).toString())).toBe('GW_UPSTREAM_PROTOCOL');
    expect(seen).toEqual([]);
  });

  test('is 504 if no answer comes in time', async () => {
    const url = await wireUpstream(
      () => undefined,
      () => '',
    );
    const gateway = await socketGateway(url, { upstream: { timeout: '50ms', retry: false } });
    expect(codeIn(await textOf(gateway.url))).toBe('GW_UPSTREAM_TIMEOUT');
  });

  test('counts for the circuit, which an open socket does not, however it ends', async () => {
    const answers = [switching, switching];
    const url = await wireUpstream(
      (socket) => void setImmediate(() => socket.destroy()),
      (head) => answers.pop()?.(head) ?? 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n',
    );
    const breaker = { consecutive: 2, open: '60s' };
    const gateway = await socketGateway(url, { upstream: { breaker, outlier: false } });

    const texts: string[] = [];
    for (let i = 0; i < 5; i++) texts.push((await textOf(gateway.url)).slice(9, 12));

    expect(texts).toEqual(['101', '101', '500', '500', '503']);
  });
});

describe('a socket that breaks', () => {
  test('is closed with 1011 if the upstream dies between frames', async () => {
    const url = await wireUpstream((socket) => {
      socket.write(frame({ payload: 'whole' }));
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const client = await upgraded((await socketGateway(url)).url);

    const rest = afterHead(await client.closed);

    const whole = frame({ payload: 'whole' });
    expect(rest.subarray(0, whole.length)).toEqual(whole);
    expect(closeFrameCode(rest.subarray(whole.length))).toBe(1011);
  });

  test('is cut if the upstream dies within a frame: nothing may follow that half', async () => {
    const half = frame({ payload: 'not all of it' }).subarray(0, 8);
    const url = await wireUpstream((socket) => {
      socket.write(half);
      setTimeout(() => socket.destroy(), 20);
    });
    const client = await upgraded((await socketGateway(url)).url);
    expect(afterHead(await client.closed)).toEqual(half);
  });

  test('ends at the upstream if the client vanishes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const url = await wireUpstream((socket) => socket.once('close', () => resolve()).resume());
    const client = await upgraded((await socketGateway(url)).url);
    client.socket.resetAndDestroy();
    await promise;
  });

  test('frees its place, and those of clients that vanish during the upgrade', async () => {
    let held = 0;
    const url = await wireUpstream(
      (socket) => {
        held += 1;
        socket.once('close', () => (held -= 1)).resume();
      },
      () => '',
    );
    const gateway = await socketGateway(url, { upstream: { sockets: 30 } });
    const clients = await Promise.all(
      Array.from({ length: 30 }, () => rawClient(gateway.url, headOf())),
    );
    await eventually(() => held === 30);
    for (const [i, { socket }] of clients.entries()) {
      if (i % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await eventually(() => held === 0);

    expect(gateway.gateway.status().upstreams[0]!.streams).toEqual({ open: 0, most: 30 });
    expect(gateway.gateway.status().inflight).toBe(0);
  });

  test('may be half a header: the upstream gets what is whole', async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const url = await wireUpstream((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.once('end', () => resolve(Buffer.concat(chunks)));
    });
    const client = await upgraded((await socketGateway(url)).url);
    const whole = frame({ payload: 'whole', mask: MASK });
    client.socket.end(Buffer.concat([whole, whole.subarray(0, 3)]));
    expect(await promise).toEqual(whole);
  });
});
