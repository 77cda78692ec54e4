/** Upstreams that speak TLS, HTTP/2, or both, on free ports; each ends with its test. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createSecureServer,
  createServer as createH2c,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

/** The text of a file in test/fixtures/tls. */
export const pem = (name: string): string => readFileSync(`test/fixtures/tls/${name}`, 'utf8');

/** A certificate of that folder, with its key. */
export const identity = (name: string): { readonly cert: string; readonly key: string } => ({
  cert: pem(`${name}.pem`),
  key: pem(`${name}.key`),
});

export interface SecureUpstream {
  /** By address, 127.0.0.1. */
  readonly url: string;
  /** Names that were asked for (SNI), one for each connection. */
  readonly names: readonly (string | false)[];
  /** Connections open now. */
  readonly open: number;
  /** Requests received so far. */
  readonly hits: number;
}

/** HTTP/1.1 over TLS. */
export async function startSecure(
  listener: RequestListener,
  options: ServerOptions = identity('server'),
): Promise<SecureUpstream> {
  const server = createHttps(options, listener);
  const names: (string | false)[] = [];
  let hits = 0;
  server.on('secureConnection', (socket) => names.push(socket.servername ?? false));
  server.on('request', () => (hits += 1));
  const { origin, sockets } = await listen(server);
  return {
    url: origin.replace('http', 'https'),
    names,
    get open() {
      return sockets.size;
    },
    get hits() {
      return hits;
    },
  };
}

export interface H2Upstream {
  /** `http://` where it is h2c. */
  readonly url: string;
  readonly sessions: readonly ServerHttp2Session[];
  readonly streams: readonly ServerHttp2Stream[];
  /** The bare sockets, as they were accepted. */
  readonly sockets: ReadonlySet<Socket>;
}

export type StreamListener = (
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, string | undefined>>,
) => void;

export interface H2Options {
  /** Absent: h2c. */
  readonly tls?: TlsOptions;
  readonly settings?: Settings;
}

/** HTTP/2, with prior knowledge or by ALPN. */
export async function startH2(
  listener: StreamListener,
  { tls, settings = {} }: H2Options = {},
): Promise<H2Upstream> {
  const server: Http2Server | Http2SecureServer =
    tls === undefined ? createH2c({ settings }) : createSecureServer({ ...tls, settings });
  const sessions: ServerHttp2Session[] = [];
  const streams: ServerHttp2Stream[] = [];
  server.on('session', (session: ServerHttp2Session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: Record<string, string>) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    listener(stream, headers);
  });
  const { origin, sockets } = await listen(server);
  const url = tls === undefined ? origin : origin.replace('http', 'https');
  return { url, sessions, streams, sockets };
}

async function listen(server: Server): Promise<{ origin: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}
