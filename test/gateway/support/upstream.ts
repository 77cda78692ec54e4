/** Real HTTP servers on free ports, for tests that need more than a function. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { quietPort } from '../../helpers/quiet-port.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface RealUpstream {
  readonly url: string;
  /** The complete requests received, in order. */
  readonly received: Received[];
}

/** A server that answers with `listener` and ends with the test. */
export async function startUpstream(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.on('checkExpectation', (_request, response) => response.writeHead(599).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Records each complete request with its body, and answers 200 with `{}`. */
export async function startRecorder(): Promise<RealUpstream> {
  const received: Received[] = [];
  const url = await startUpstream((request, response) => {
    const record = (body: Buffer): void => {
      const { method = '', url: target = '', headers, rawHeaders } = request;
      received.push({ method, url: target, headers, rawHeaders, body });
      response.setHeader('content-type', 'application/json').end('{}');
    };
    void bodyOf(request).then(record, () => response.destroy());
  });
  return { url, received };
}

/** Calls `answer` for each connection that sends a request; for answers that Node would not write. */
export async function startRawUpstream(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An origin on which nothing listens. */
export async function closedOrigin(): Promise<string> {
  return `http://127.0.0.1:${await quietPort()}`;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
