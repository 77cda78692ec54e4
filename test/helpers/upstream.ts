/** Upstreams that are real servers on free ports; each ends with its test. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createWire, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { quietPort } from './quiet-port.ts';

export interface FakeUpstream {
  readonly url: string;
  /** Requests received so far. */
  readonly hits: number;
  /** Connections accepted so far, and those that are open. */
  readonly connections: number;
  readonly open: number;
}

/** A real HTTP server on a free port that answers as `listener` says. */
export async function startUpstream(listener: RequestListener): Promise<FakeUpstream> {
  const server = createServer(listener);
  let hits = 0;
  server.prependListener('request', () => (hits += 1));
  const listening = await listen(server);
  return Object.defineProperty(listening, 'hits', { get: () => hits }) as FakeUpstream;
}

/**
 * A server that speaks whatever `onRequest` writes; called with each piece of text that arrives and
 * holds the end of a request's head.
 */
export async function startWire(
  onRequest: (socket: Socket, text: string) => void,
): Promise<FakeUpstream> {
  let hits = 0;
  const server = createWire((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (!text.includes('\r\n\r\n')) return;
      hits += 1;
      onRequest(socket, text);
    });
  });
  const listening = await listen(server);
  return Object.defineProperty(listening, 'hits', { get: () => hits }) as FakeUpstream;
}

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  return `http://127.0.0.1:${await quietPort()}`;
}

async function listen(server: Server): Promise<Omit<FakeUpstream, 'hits'>> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
  };
}

/** Waits until `claim` holds, as real sockets need; fails after `ms`. */
export async function eventually(claim: () => boolean, ms = 10_000): Promise<void> {
  const until = performance.now() + ms;
  while (!claim()) {
    if (performance.now() > until) throw new Error(`not within ${ms} ms: ${String(claim)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
