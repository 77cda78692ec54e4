/** The listening socket of the gateway: Node's HTTP server, with limits and errors of ours. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from './assembly/admission.ts';
import type { World } from './assembly/world.ts';
import type { ServerConfig } from './config/config.ts';
import { rawProblem, sendProblem } from './edge/problem.ts';
import { type ErrorCode, GatewayError } from './errors.ts';

export interface GatewayHttpServer {
  readonly server: Server;
  /** Stops accepting and waits up to `graceMs`; says whether everybody finished by then. */
  close(graceMs: number): Promise<boolean>;
}

export function createHttpServer(
  { limits }: ServerConfig,
  world: World,
  handler: RequestHandler,
): GatewayHttpServer {
  let draining = false;
  const handle: RequestHandler = (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    handler(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: limits.headersBytes + limits.urlBytes,
      headersTimeout: limits.headersTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      // It would cut steady uploads; the timers of bodies are ours.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs / 2),
      // Checked by us, with an answer of ours.
      requireHostHeader: false,
      insecureHTTPParser: false,
      // A foreign upgrade is served as the plain request it also is (RFC 9110 §7.8).
      shouldUpgradeCallback: () => false,
    },
    handle,
  );
  server.maxConnections = limits.connections;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('checkContinue', handle);
  server.on('checkExpectation', (_request, response) => {
    const error = new GatewayError('GW_EXPECTATION', 'only 100-continue is understood');
    response.setHeader('connection', 'close');
    sendProblem(response, error, world.nextRequestId());
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    const error = new GatewayError('GW_METHOD_UNSUPPORTED', 'CONNECT is not served');
    socket.end(rawProblem(error, world.nextRequestId()));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseUnreadable(error, socket, world),
  );
  return {
    server,
    close: (graceMs) => {
      draining = true;
      for (const socket of sockets) {
        const response = responseOn(socket);
        if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false;
      }
      return drain(server, graceMs, world);
    },
  };
}

/** The response that is under way on a socket; Node keeps it there and says so nowhere else. */
function responseOn(socket: Socket): ServerResponse | undefined {
  const { _httpMessage } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return _httpMessage ?? undefined;
}

/** What Node's parser would not read gets the same document as everything else. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, world: World): void {
  // A response under way must not get another one in its middle.
  if (error.code === 'ECONNRESET' || !socket.writable || responseOn(socket) !== undefined) {
    socket.destroy();
    return;
  }
  const code = CODES[error.code ?? ''] ?? 'GW_REQUEST_INVALID';
  world.metrics.countError('unmatched', code);
  const answer = new GatewayError(code, DETAILS[code] ?? 'the request can not be read');
  socket.end(rawProblem(answer, world.nextRequestId()));
  // Who does not read the answer must not keep the connection.
  world.clock.after(1_000, () => socket.destroy());
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'GW_BODY_TOO_LARGE',
  HPE_INVALID_METHOD: 'GW_METHOD_UNSUPPORTED',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT',
};

const DETAILS: Readonly<Partial<Record<ErrorCode, string>>> = {
  GW_HEADERS_TOO_LARGE: 'the request head is too large',
  GW_METHOD_UNSUPPORTED: 'the method is not known',
  GW_REQUEST_TIMEOUT: 'the request head took too long',
};

async function drain(server: Server, graceMs: number, { clock }: World): Promise<boolean> {
  if (!server.listening) return true;
  return new Promise((resolve) => {
    let drained = true;
    const timer = clock.after(graceMs, () => {
      drained = false;
      server.closeAllConnections();
    });
    server.close(() => {
      clock.cancel(timer);
      resolve(drained);
    });
    server.closeIdleConnections();
  });
}
