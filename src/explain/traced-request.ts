/**
 * Sends a request to a generation that only tells, by a connection in memory: the parser and the listener that
 * serve read it, so that what they refuse is refused here as well.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Trace, newTrace } from '../assembly/explain-trace.ts';
import type { World } from '../assembly/world.ts';
import type { ListenerConfig } from '../config/build/config.ts';
import type { Generation } from '../generation.ts';
import { ConnectionBounds } from '../listener/connection-bounds.ts';
import { createHttpServer } from '../listener/http-server.ts';
import { Metrics } from '../observe/metrics.ts';
import { MemorySocket } from './memory-socket.ts';
import type { AskedRequest } from './question.ts';

/** The answer that the gateway itself would give. */
export interface OwnAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface TracedRequest {
  readonly trace: Trace;
  /** What refused the request, or answered it; 204 if it would have reached its action. */
  readonly answer: OwnAnswer;
}

/** It never listens. */
const IN_MEMORY = { name: '', address: { host: '', port: 0 }, http2: 'none' } as const;
/** A hook of a plugin may wait for something. */
const PATIENCE_MS = 10_000;

/** A plugin takes too long to say what it would do. */
export class ExplainTimeout extends Error {
  override readonly name = 'ExplainTimeout';
}

/** @throws {ExplainTimeout} */
export async function traceRequest(
  { explain, config: { server } }: Pick<Generation, 'explain' | 'config'>,
  world: World,
  { head, isSecure: asked, address }: AskedRequest,
): Promise<TracedRequest> {
  const trace = newTrace();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Counts of the listener go nowhere.
  const quiet = {
    ...world,
    metrics: new Metrics(
      () => [],
      () => 0,
    ),
    onNoDescriptors: () => undefined,
  };
  const listener = listenerFor(server.listeners, asked);
  const isSecure = asked ?? listener?.tls !== undefined;
  const handle = explain(trace, listener?.redirectHttps);
  let body: (() => string) | undefined;
  const { server: parser } = createHttpServer({
    listener: IN_MEMORY,
    limits: server.limits,
    bounds: new ConnectionBounds(server, () => undefined),
    world: quiet,
    handler: (request, response) => {
      response.once('close', resolve);
      body = bodyOf(response);
      handle(request, response);
    },
  });
  const socket = new MemorySocket(address, isSecure);
  socket.once('finish', resolve).on('error', resolve);
  const timer = world.clock.after(PATIENCE_MS, () =>
    reject(new ExplainTimeout(`a plugin did not answer within ${PATIENCE_MS / 1_000} s`)),
  );
  try {
    // Node reads requests from any stream; its types know sockets alone.
    parser.emit('connection', socket as unknown as Socket);
    socket.push(head, 'latin1');
    await promise;
    const answer = readAnswer(socket.written);
    return { trace, answer: body === undefined ? answer : { ...answer, body: body() } };
  } finally {
    world.clock.cancel(timer);
    socket.destroy();
  }
}

/** The listener through which such a request comes: one that serves, if there is one. */
function listenerFor(
  listeners: readonly ListenerConfig[],
  isSecure: boolean | undefined,
): ListenerConfig | undefined {
  const fitting = listeners.filter(
    ({ tls }) => isSecure === undefined || (tls !== undefined) === isSecure,
  );
  return fitting.find(({ redirectHttps }) => redirectHttps === undefined) ?? fitting[0];
}

/** What is written as the body; Node drops that of an answer to HEAD. */
function bodyOf(response: ServerResponse): () => string {
  const chunks: Uint8Array[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(chunk);
  };
  for (const name of ['write', 'end'] as const) {
    const send = response[name].bind(response) as (...args: readonly unknown[]) => unknown;
    const noting = (...args: readonly unknown[]): unknown => {
      keep(args[0]);
      return send(...args);
    };
    Object.assign(response, { [name]: noting });
  }
  return () => Buffer.concat(chunks).toString();
}

/** Answers of the gateway's own have a length and no coding. */
function readAnswer(bytes: Buffer): OwnAnswer {
  const text = bytes.toString();
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: text.slice(end + 4),
  };
}
