/** A listener with TLS: HTTP/1.1 or HTTP/2, as the client chooses by ALPN (RFC 7301). */
import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RequestHandler } from '../assembly/admission.ts';
import type { World } from '../assembly/world.ts';
import type { ServerConfig, ServerTlsConfig } from '../config/build/config.ts';
import type { Certificate } from './certificate-set.ts';
import type { Http2Sessions } from './http2.ts';
import { ListenerTls } from './tls.ts';

export interface SecureServerOptions {
  readonly tls: ServerTlsConfig;
  readonly limits: ServerConfig['limits'];
  /** Of HTTP/1.1. */
  readonly http: ServerOptions;
  readonly handleHttp1: RequestHandler;
  /** Absent: HTTP/1.1 is all that is offered. */
  readonly http2: Http2Sessions | undefined;
  readonly world: World;
}

export interface SecureServer {
  readonly server: Server;
  readonly certificates: () => readonly Certificate[];
  /**
   * Reads certificates; without `tls`, those in use stay.
   *
   * @returns uses them for connections that open from then on
   * @throws {RangeError} when the certificates cannot be used
   */
  prepare(tls: ServerTlsConfig | undefined): () => void;
  /** Cuts all remaining connections, even during a handshake. */
  destroy(): void;
}

export function secureServer(options: SecureServerOptions): SecureServer {
  const { limits, http, handleHttp1, http2, world } = options;
  const tls = new ListenerTls(options.tls, world);
  const server = createServer(
    {
      ...http,
      ...tls.serverOptions,
      ALPNProtocols: http2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
      // It may take as long as a request head.
      handshakeTimeout: limits.headersTimeoutMs,
    },
    handleHttp1,
  );
  tls.follow(server);
  if (http2 !== undefined) divert(server, http2);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    certificates: () => tls.certificates,
    prepare: (changed) => (changed && tls.prepare(changed, server)) ?? nothing,
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const nothing = (): void => undefined;

/** Connections that chose HTTP/2 go to `http2`, all others where Node would take them. */
function divert(server: Server, http2: Http2Sessions): void {
  const others = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.accept(socket);
    else for (const other of others) other.call(server, socket);
  });
}
