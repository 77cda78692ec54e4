import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ask, keptSockets } from '../chaos/client.ts';
import { inParallel, quantile, report } from '../chaos/measure.ts';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, size } from '../helpers/figures.ts';

const COUNT = size('SLOW_CLIENTS', 150, 1_000);
const HEAD_MS = 4_000;
const IDLE_MS = 4_000;
/** How late a connection may be cut. */
const LATE_MS = bound(1_000, 10_000);
/** p95 of others beside them, in times of what it is alone. */
const MOST = bound(3, 50);
const CALLS = 600;

const head = (first: string, ...fields: readonly string[]): string =>
  [first, 'Host: a.example', ...fields].join('\r\n');

/** What a slow client does with its connection; when its time begins, in ms from its start. */
interface Slow {
  readonly name: string;
  readonly limitMs: number;
  begin(socket: Socket, id: number): void;
  /** It never reads, and so never sees its end: the upstream does. */
  readonly isSeenUpstream?: boolean;
}

/** A byte now and then, so that the connection is never silent. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('a'), 250);
  socket.once('close', () => clearInterval(timer));
}

const KINDS: readonly Slow[] = [
  {
    name: 'a head that never ends',
    limitMs: HEAD_MS,
    begin: (socket) => {
      socket.write(head('GET /fast HTTP/1.1', 'X-A: '));
      drip(socket);
    },
  },
  { name: 'no byte at all', limitMs: HEAD_MS, begin: () => undefined },
  {
    name: 'a body that stops',
    limitMs: IDLE_MS,
    begin: (socket) => {
      socket.write(`${head('POST /take HTTP/1.1', 'Content-Length: 1000')}\r\n\r\nabc`);
    },
  },
  {
    name: 'a reader that stops',
    limitMs: IDLE_MS,
    isSeenUpstream: true,
    begin: (socket, id) => {
      socket.pause();
      socket.write(`${head(`GET /large?${id} HTTP/1.1`)}\r\n\r\n`);
    },
  },
];

/** When the other side took the last byte of `response`, once it has closed. */
async function lastTaken(response: ServerResponse): Promise<number> {
  const { socket } = response;
  let left = Number.POSITIVE_INFINITY;
  let at = performance.now();
  const look = (): void => {
    const now = socket?.writableLength ?? 0;
    if (now < left) at = performance.now();
    left = now;
  };
  const timer = setInterval(look, 50);
  await once(response, 'close');
  clearInterval(timer);
  return at;
}

/** Readers are fewer: each makes the kernel hold megabytes, which is not the gateway's to bear. */
const ORDER = [0, 1, 2, 0, 2, 0, 1, 2, 0, 3];
const kindOf = (i: number): Slow => KINDS[ORDER[i % ORDER.length]!]!;

/** Opens one, and tells how long the gateway bore it. */
async function endure(
  url: string,
  slow: Slow,
  id: number,
  ended: (id: number) => Promise<number>,
): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const startedAt = performance.now();
  slow.begin(socket, id);
  // The kernel takes megabytes for a reader that has stopped: its silence begins after them.
  const silentAt =
    slow.isSeenUpstream === true
      ? await ended(id)
      : await once(socket.resume(), 'close').then(() => startedAt);
  socket.destroy();
  return performance.now() - silentAt;
}

test(
  `${COUNT} slow connections are cut in time, and others are served as before`,
  { timeout: 120_000 },
  async () => {
    const large = Buffer.alloc(16 * 1_048_576, 'x');
    /** When the last byte was taken of what each reader asked for. */
    const ends = new Map<number, PromiseWithResolvers<number>>();
    const endOf = (id: number): PromiseWithResolvers<number> => {
      const known = ends.get(id) ?? Promise.withResolvers<number>();
      ends.set(id, known);
      return known;
    };
    const upstream = createServer((request, response) => {
      const [, id] = (request.url ?? '').split('?');
      if (id !== undefined) {
        lastTaken(response).then(endOf(Number(id)).resolve, () => undefined);
        response.end(large);
      } else request.resume().on('end', () => response.end('ok'));
    });
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      upstream.closeAllConnections();
      upstream.close();
    });
    const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const upstreamOf = { targets: [origin], bulkhead: { concurrency: 2_000 }, breaker: false };
    const gateway = await startGatewayProcess({
      telemetry: { logs: { access: false } },
      server: {
        limits: {
          headersTimeout: `${HEAD_MS}ms`,
          idle: `${IDLE_MS}ms`,
          readerIdle: `${IDLE_MS}ms`,
          connections: 5_000,
        },
      },
      upstreams: { slow: upstreamOf, fast: { targets: [origin] } },
      routes: {
        fast: { match: { path: '/fast' }, upstream: 'fast' },
        all: { match: { path: '/*' }, upstream: 'slow' },
      },
    });
    const agent = keptSockets();
    const p95 = async (): Promise<number> => {
      const times = await inParallel(CALLS, 2, async () => {
        const startedAt = performance.now();
        expect((await ask(`${gateway.url}/fast`, { agent })).status).toBe(200);
        return performance.now() - startedAt;
      });
      return quantile(times, 0.95);
    };
    await p95();
    const alone = await p95();

    const borne: Promise<number>[] = [];
    for (let i = 0; i < COUNT; i++) {
      // Not all at once: a connection's time begins when it is accepted.
      if (i % 20 === 0) await sleep(10);
      borne.push(endure(gateway.url, kindOf(i), i, (id) => endOf(id).promise));
    }
    // What there is to send has been sent by then.
    await sleep(1_500);
    const beside = await p95();
    const times = await Promise.all(borne);

    report('slow clients', { alone, beside, ratio: beside / alone, longest: Math.max(...times) });
    for (const [i, ms] of times.entries()) {
      const { name, limitMs } = kindOf(i);
      expect(ms, name).toBeLessThan(limitMs + LATE_MS);
    }
    expect(beside / alone).toBeLessThan(MOST);
  },
);
