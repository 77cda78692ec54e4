/** One listener of the gateway: Node's HTTP server, with the gateway's limits and errors. */
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from '../assembly/admission.ts';
import type { World } from '../assembly/world.ts';
import type { ListenerConfig, ServerConfig } from '../config/build/config.ts';
import { GatewayError } from '../core/errors.ts';
import { http as nodeHttp } from '../core/node-http.ts';
import { descriptorLimit, isForWantOfDescriptors } from '../core/descriptors.ts';
import { UNIX_PEER } from '../config/schema/address-range.ts';
import { tellPeer } from '../edge/peer.ts';
import type { Certificate } from './certificate-set.ts';
import type { ConnectionBounds } from './connection-bounds.ts';
import { keepReserve } from './descriptor-reserve.ts';
import { Undecided } from './first-bytes.ts';
import { http2Sessions } from './http2.ts';
import { servePriorKnowledge } from './prior-knowledge.ts';
import { requireProxyHeader } from './proxy-protocol.ts';
import { refusedNotice } from './refused-notice.ts';
import { secureServer } from './secure-server.ts';
import {
  type ParserError,
  refuse,
  refuseUnreadable,
  refuseVersion,
  responseOn,
} from './unreadable.ts';
import { isUpgradable, serveUpgrades } from './upgrades.ts';

export interface HttpServerOptions {
  readonly listener: Omit<ListenerConfig, 'at'>;
  readonly limits: ServerConfig['limits'];
  /** The same for all listeners. */
  readonly bounds: ConnectionBounds;
  readonly world: World;
  readonly handler: RequestHandler;
  /** May any route open a WebSocket? Asked for each request that wants one. Default: no. */
  readonly opensSockets?: () => boolean;
}

export interface GatewayHttpServer {
  readonly server: Server;
  /** How many clients are connected; those whose TLS handshake has not ended do not count. */
  readonly connections: () => number;
  /** None without TLS. */
  readonly certificates: () => readonly Certificate[];
  /**
   * Makes ready what `listener` and `limits` say, as far as that needs no new socket.
   *
   * @returns applies it, from now on
   * @throws {RangeError} when the certificates cannot be used
   */
  prepare(listener: ListenerConfig, limits: ServerConfig['limits']): () => void;
  /** Stops accepting and waits up to `graceMs`; says whether everybody finished by then. */
  close(graceMs: number): Promise<boolean>;
}

export function createHttpServer(options: HttpServerOptions): GatewayHttpServer {
  const { listener, bounds, world, handler } = options;
  let { limits } = options;
  const { tls } = listener;
  let draining = false;
  const handle: RequestHandler = (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    if (request.httpVersionMajor === 1) handler(request, response);
    else refuseVersion(response, world);
  };
  const http = serverOptions(limits, options.opensSockets ?? (() => false));
  const http2 = listener.http2 === 'none' ? undefined : http2Sessions(limits, world.clock, handler);
  const secure = tls && secureServer({ tls, limits, http, handleHttp1: handle, http2, world });
  const server = secure?.server ?? nodeHttp.createServer(http, handle);
  const undecided = new Undecided();
  const timeoutMs = (): number => limits.headersTimeoutMs;
  if (secure === undefined && http2 !== undefined) {
    servePriorKnowledge(server, { http2, undecided, timeoutMs, world });
  }
  const sockets = new Set<Socket>();
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('drop', () => world.metrics.countRefusedConnection('connections'));
  bounds.guardAddresses(server);
  const allow =
    listener.proxyProtocol &&
    requireProxyHeader(server, {
      config: listener.proxyProtocol,
      undecided,
      timeoutMs,
      onRefused: proxyRefusals(listener.name, world),
      world,
    });
  if ('socket' in listener.address) {
    server.prependListener('connection', (socket: Socket) => tellPeer(socket, UNIX));
  }
  const refuseForReserve = (): void => {
    world.onNoDescriptors?.();
    world.metrics.countRefusedConnection('descriptors');
  };
  bounds.guardTotal(server);
  keepReserve(server, descriptorLimit(), refuseForReserve);
  server.on('error', (error) => {
    // `listen` reports errors of listening.
    if (isForWantOfDescriptors(error)) world.onNoDescriptors?.();
  });
  server.on('timeout', closeIdle);
  // Both are met where all of a request is looked at.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  serveUpgrades(server, world.clock, handle);
  server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    refuse(socket, new GatewayError('GW_METHOD_UNSUPPORTED', 'CONNECT is not supported'), world),
  );
  const refused = new WeakSet<Socket>();
  server.on('clientError', (error: ParserError, socket: Socket) => {
    // Emitted again for each packet that follows.
    if (refused.has(socket)) return;
    refused.add(socket);
    refuseUnreadable(error, socket, limits.urlBytes, world);
  });
  applyLimits(server, limits);
  return {
    server,
    connections: () => sockets.size,
    certificates: () => secure?.certificates() ?? [],
    prepare: (listed, changed) => {
      const applyTls = secure?.prepare(listed.tls);
      return () => {
        applyTls?.();
        http2?.apply(changed);
        if (listed.proxyProtocol !== undefined) allow?.(listed.proxyProtocol.from);
        limits = changed;
        applyLimits(server, changed);
      };
    },
    close: (graceMs) => {
      draining = true;
      for (const socket of sockets) {
        const response = responseOn(socket);
        if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false;
      }
      undecided.destroy();
      return drain(server, graceMs, world, {
        begin: () => http2?.drain(),
        cut: () => {
          http2?.destroy();
          secure?.destroy();
          // Those that were upgraded are no longer Node's.
          for (const socket of sockets) socket.destroy();
        },
      });
    },
  };
}

function proxyRefusals(
  listener: string,
  { clock, log, metrics }: World,
): (peer: string, why: string) => void {
  const notice = refusedNotice(listener, clock, log);
  return (peer, why) => {
    metrics.countRefusedConnection('proxyProtocol');
    notice(peer, why);
  };
}

/** Clients on a unix socket have no address. */
const UNIX = { address: UNIX_PEER, mayVouch: true };

/** Of connections that open from now on. */
function applyLimits(server: Server, limits: ServerConfig['limits']): void {
  server.maxConnections = limits.connections;
  server.headersTimeout = limits.headersTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  // Node reads it from the server for each connection; its types do not show it.
  (server as Server & { maxHeaderSize: number }).maxHeaderSize =
    limits.headersBytes + limits.urlBytes;
}

function serverOptions(limits: ServerConfig['limits'], opensSockets: () => boolean): ServerOptions {
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
    shouldUpgradeCallback: (request) => opensSockets() && isUpgradable(request),
  };
}

/** Node's own timers of idle connections may be late, too: what has arrived by then is read first. */
function closeIdle(socket: Socket): void {
  const { bytesRead } = socket;
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) socket.destroy();
  });
}

interface Connections {
  /** Lets clients know that the port closes. */
  begin(): void;
  /** Cuts all that are left. */
  cut(): void;
}

async function drain(
  server: Server,
  graceMs: number,
  { clock }: World,
  connections: Connections,
): Promise<boolean> {
  if (!server.listening) return true;
  return new Promise((resolve) => {
    let drained = true;
    const timer = clock.after(graceMs, () => {
      drained = false;
      server.closeAllConnections();
      connections.cut();
    });
    server.close(() => {
      clock.cancel(timer);
      resolve(drained);
    });
    server.closeIdleConnections();
    connections.begin();
  });
}
