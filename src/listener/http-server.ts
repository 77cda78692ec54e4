/** The listening socket of the gateway: Node's HTTP server, with the gateway's limits and errors. */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from '../assembly/admission.ts';
import type { World } from '../assembly/world.ts';
import { AddressSet } from '../config/schema/address-range.ts';
import type { ServerConfig } from '../config/build/config.ts';
import { TOKEN } from '../config/schema/types.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { linger } from '../edge/linger.ts';
import { rawProblem } from '../edge/problem.ts';
import { sendError } from '../edge/send-error.ts';
import { causeOf } from '../core/cause.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { http as nodeHttp } from '../core/node-http.ts';
import { descriptorLimit, isForWantOfDescriptors } from '../core/descriptors.ts';
import { boundAddresses } from './address-limit.ts';
import type { Certificate } from './certificate-set.ts';
import { keepReserve } from './descriptor-reserve.ts';
import { type SecureServer, secureServer } from './secure-server.ts';

export interface GatewayHttpServer {
  readonly server: Server;
  /** How many clients are connected; those whose TLS handshake has not ended do not count. */
  readonly connections: () => number;
  /** None without TLS. */
  readonly certificates: () => readonly Certificate[];
  /**
   * Uses what `config` says from now on, as far as that needs no new socket.
   *
   * @throws {RangeError} when its certificates cannot be used; then nothing changes
   */
  apply(config: ServerConfig): void;
  /** Stops accepting and waits up to `graceMs`; says whether everybody finished by then. */
  close(graceMs: number): Promise<boolean>;
}

export function createHttpServer(
  config: ServerConfig,
  world: World,
  handler: RequestHandler,
): GatewayHttpServer {
  const { limits, tls } = config;
  let draining = false;
  const handle: RequestHandler = (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    if (request.httpVersionMajor === 1) handler(request, response);
    else refuseVersion(response, world);
  };
  const http = serverOptions(limits);
  const secure =
    tls && secureServer({ tls, limits, http, handleHttp1: handle, handleHttp2: handler, world });
  const server = secure?.server ?? nodeHttp.createServer(http, handle);
  let bounds = boundsOf(config);
  const sockets = new Set<Socket>();
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('drop', () => world.metrics.countRefusedConnection('connections'));
  boundAddresses(
    server,
    () => bounds,
    () => world.metrics.countRefusedConnection('address'),
  );
  const refuseForReserve = (): void => {
    world.onNoDescriptors?.();
    world.metrics.countRefusedConnection('descriptors');
  };
  keepReserve(server, descriptorLimit(), refuseForReserve);
  server.on('error', (error) => {
    // `listen` reports errors of listening.
    if (isForWantOfDescriptors(error)) world.onNoDescriptors?.();
  });
  server.on('timeout', closeIdle);
  // Both are met where all of a request is looked at.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    refuse(socket, new GatewayError('GW_METHOD_UNSUPPORTED', 'CONNECT is not supported'), world),
  );
  const refused = new WeakSet<Socket>();
  server.on('clientError', (error: ParserError, socket: Socket) => {
    // Emitted again for each packet that follows.
    if (refused.has(socket)) return;
    refused.add(socket);
    refuseUnreadable(error, socket, bounds.urlBytes, world);
  });
  applyLimits(server, limits);
  return {
    server,
    connections: () => sockets.size,
    certificates: () => secure?.certificates() ?? [],
    apply: (changed) => {
      // First: what it cannot use changes nothing.
      secure?.apply(changed);
      bounds = boundsOf(changed);
      applyLimits(server, changed.limits);
    },
    close: (graceMs) => {
      draining = true;
      for (const socket of sockets) {
        const response = responseOn(socket);
        if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false;
      }
      return drain(server, secure, graceMs, world);
    },
  };
}

/** What is looked at for each connection. */
const boundsOf = ({ limits, trustedProxies }: ServerConfig) => ({
  most: limits.connectionsPerAddress,
  exempt: new AddressSet(trustedProxies),
  urlBytes: limits.urlBytes,
});

/** Of connections that open from now on. */
function applyLimits(server: Server, limits: ServerConfig['limits']): void {
  server.maxConnections = limits.connections;
  server.headersTimeout = limits.headersTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  // Node reads it from the server for each connection; its types do not show it.
  (server as Server & { maxHeaderSize: number }).maxHeaderSize =
    limits.headersBytes + limits.urlBytes;
}

function serverOptions(limits: ServerConfig['limits']): ServerOptions {
  return {
    maxHeaderSize: limits.headersBytes + limits.urlBytes,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // It would cut steady uploads; the timers of bodies are ours.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(500, limits.headersTimeoutMs / 2),
    // Checked by the gateway itself, which answers.
    requireHostHeader: false,
    insecureHTTPParser: false,
    // It would save 0.4 µs a request, but Fastify waits for the end of a body that only a content type announces.
    optimizeEmptyRequests: false,
    // A foreign upgrade is served as the plain request it also is (RFC 9110 §7.8).
    shouldUpgradeCallback: () => false,
  };
}

/** Node's own timers of idle connections may be late, too: what has arrived by then is read first. */
function closeIdle(socket: Socket): void {
  const { bytesRead } = socket;
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) socket.destroy();
  });
}

/** The response that is under way on a socket; Node keeps it there and says so nowhere else. */
function responseOn(socket: Socket): ServerResponse | undefined {
  const { _httpMessage } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return _httpMessage ?? undefined;
}

/** What Node's parser says, with the bytes it was reading. */
type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

const isParserError = ({ code = '' }: ParserError): boolean => /^(HPE|ERR_HTTP)_/.test(code);

/** A request that Node's parser refuses gets the same kind of document as any other error. */
function refuseUnreadable(
  error: ParserError,
  socket: Socket,
  urlBytes: number,
  world: World,
): void {
  if (error.code === 'ERR_SSL_HTTP_REQUEST') {
    refusePlain(socket, world);
    return;
  }
  // A failed handshake ends up here too, and no answer could be read.
  if (!isParserError(error) || !socket.writable) {
    socket.destroy();
    return;
  }
  // The client has disconnected in the middle of a request and will not read earlier responses either.
  if (error.code === 'HPE_INVALID_EOF_STATE' && responseOn(socket)?.req.complete === true) {
    socket.destroy();
    return;
  }
  const code = codeOf(error, urlBytes);
  const answer = new GatewayError(code, DETAILS[code] ?? 'the request cannot be read', {
    cause: error,
  });
  afterAnswers(socket, (unread) => {
    if (unread === undefined) refuse(socket, answer, world);
    else endUnreadable(socket, unread, answer);
  });
}

/** A plain request instead of a handshake. Its sender understands only a response without TLS. */
function refusePlain(socket: Socket, world: World): void {
  const answer = new GatewayError('GW_REQUEST_INVALID', 'this port speaks HTTPS, not plain HTTP');
  world.metrics.countError('unmatched', answer.code);
  // The connection below TLS; Node shows it nowhere else.
  const { _parent: plain } = socket as Socket & { readonly _parent?: Socket };
  plain?.end(rawProblem(answer, world.nextRequestId()));
  socket.destroy();
}

/** The body is unreadable: work for this request stops with that reason. */
function endUnreadable(socket: Socket, response: ServerResponse, reason: GatewayError): void {
  if (response.writableEnded) {
    response.once('close', () => socket.destroySoon());
    return;
  }
  if (response.headersSent) {
    socket.destroy();
    return;
  }
  response.shouldKeepAlive = false;
  const exchange = exchangeOf(response.req);
  exchange.record.fail(reason);
  exchange.signal.cancel(reason);
}

/**
 * Requests before the unreadable one are answered first (RFC 9112 §9.3.2). `then` is given its response,
 * where its head was read.
 */
function afterAnswers(socket: Socket, then: (unread: ServerResponse | undefined) => void): void {
  const response = responseOn(socket);
  if (response === undefined || !response.req.complete) then(response);
  else response.once('close', () => afterAnswers(socket, then));
}

/** So long may a connection stay whose requests cannot be read. */
const REFUSED_MS = 1_000;

function refuse(socket: Socket, answer: GatewayError, world: World): void {
  world.metrics.countError('unmatched', answer.code, causeOf(answer));
  if (socket.writable) socket.write(rawProblem(answer, world.nextRequestId()));
  // A client that does not read the response must not keep the connection.
  linger(socket, world.clock, REFUSED_MS);
}

/** HTTP/0.9, and HTTP/2 without its preface: the parser reads them as if they were HTTP/1. */
function refuseVersion(response: ServerResponse, { metrics, nextRequestId }: World): void {
  const error = new GatewayError('GW_REQUEST_INVALID', 'this HTTP version is not supported');
  metrics.countError('unmatched', error.code);
  response.shouldKeepAlive = false;
  sendError(response, error, nextRequestId());
}

function codeOf(error: ParserError, urlBytes: number): ErrorCode {
  if (isLongTarget(error, urlBytes)) return 'GW_URI_TOO_LONG';
  if (error.code === 'HPE_INVALID_METHOD' && isMethod(error)) return 'GW_METHOD_UNSUPPORTED';
  return CODES[error.code ?? ''] ?? 'GW_REQUEST_INVALID';
}

/** The request begins with a token: a method that the parser does not know, and not with just anything. */
function isMethod({ rawPacket }: ParserError): boolean {
  const [, method = ''] = /^(\S+) \S/.exec(rawPacket?.toString('latin1', 0, 64) ?? '') ?? [];
  return TOKEN.test(method);
}

/** The head was too long already before its target ended. */
function isLongTarget({ code, rawPacket }: ParserError, urlBytes: number): boolean {
  if (code !== 'HPE_HEADER_OVERFLOW' || rawPacket === undefined) return false;
  const target = /^[A-Z-]+ (\S*)/.exec(rawPacket.toString('latin1'))?.[1] ?? '';
  return target.length > urlBytes;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'GW_BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT',
};

const DETAILS: Readonly<Partial<Record<ErrorCode, string>>> = {
  GW_HEADERS_TOO_LARGE: 'the request head is too large',
  GW_METHOD_UNSUPPORTED: 'the method is not known',
  GW_REQUEST_TIMEOUT: 'the request head took too long',
  GW_URI_TOO_LONG: 'the request target is too long',
};

async function drain(
  server: Server,
  secure: SecureServer | undefined,
  graceMs: number,
  { clock }: World,
): Promise<boolean> {
  if (!server.listening) return true;
  return new Promise((resolve) => {
    let drained = true;
    const timer = clock.after(graceMs, () => {
      drained = false;
      server.closeAllConnections();
      secure?.destroy();
    });
    server.close(() => {
      clock.cancel(timer);
      resolve(drained);
    });
    server.closeIdleConnections();
    secure?.drain();
  });
}
