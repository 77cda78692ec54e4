/**
 * HTTP/2 to clients, on connections that chose it by ALPN or begin with it. Requests take the same path as HTTP/1.1, with
 * additional bounds, because one connection here does the work of many.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { RequestHandler } from '../assembly/admission.ts';
import type { Clock } from '../core/clock.ts';
import type { ServerConfig } from '../config/build/config.ts';
import { type FlowWindowOptions, FlowWindows } from '../core/flow-windows.ts';
import { Http2Request, Http2Response, setSocket } from './http2-messages.ts';
import { SessionGuard } from './session-guard.ts';

/** Requests under way on one connection. */
const STREAMS = 100;
/** Of the bodies that come: 16 MiB unread at most, 8 MiB where the client keeps to its windows. */
const WINDOWS: FlowWindowOptions = {
  unreadBytes: 16_777_216,
  sharedBytes: 8_388_608,
  narrowestBytes: 65_536,
  widestBytes: 4_194_304,
  // Clients send before they have heard anything from us; this is what HTTP/2 lets them.
  initialBytes: 65_535,
};
/** What RFC 9113 §6.5.2 adds to each field's length. */
const FIELD_OVERHEAD_BYTES = 32;
/** Fields of one head, Node's own bound. */
const FIELDS = 128;
/** Frames that make no sense on one connection; then it is closed. */
const INVALID_FRAMES = 100;
/** Streams that a client may reset at once, and a second from then on (CVE-2023-44487). */
const RESETS = 200;
const RESETS_PER_SECOND = 50;
/** How long a request may go on after its response is sent; then it is told to stop. */
const UNREAD_MS = 100;

export interface Http2Sessions {
  /** Serves a connection that speaks HTTP/2. */
  accept(socket: Socket): void;
  /** Uses `limits` for connections that open from now on. */
  apply(limits: ServerConfig['limits']): void;
  /** Says goodbye (GOAWAY): streams that are open finish, and no new one is served. */
  drain(): void;
  destroy(): void;
}

export function http2Sessions(
  initial: ServerConfig['limits'],
  clock: Clock,
  handler: RequestHandler,
): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>();
  let limits = initial;
  const server = createSessions(limits);
  let accepted: Socket;
  server.on('session', (session) => {
    sessions.add(session);
    setSocket(session, accepted);
    const guard = new SessionGuard(session, limits, clock);
    session.setLocalWindowSize(WINDOWS.unreadBytes);
    const windows = new FlowWindows(session, WINDOWS);
    session.on('stream', (stream) => {
      guard.watch(stream);
      if (!stream.endAfterHeaders) windows.watch(stream);
    });
    session.once('close', () => sessions.delete(session));
  });
  const handle = (request: Http2Request, response: Http2Response): void => {
    // Its connection was closed before anyone could listen: its end will not be reported.
    if (request.stream.destroyed) return;
    endUnread(request.stream, clock);
    // They differ from HTTP/1.1's in nothing that the gateway uses; Node's types do not say so.
    handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  };
  for (const event of ['request', 'connect', 'checkContinue', 'checkExpectation']) {
    server.on(event, handle);
  }
  return {
    accept: (socket) => {
      if (socket.destroyed) return;
      accepted = socket;
      server.emit('connection', socket);
    },
    apply: (changed) => {
      limits = changed;
      server.updateSettings({ maxHeaderListSize: headerListBytes(changed) });
    },
    drain: () => {
      for (const session of sessions) session.close();
    },
    destroy: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Past our own limits there is room for the answer that says so; past this, for none. */
const headerListBytes = ({ headersBytes, urlBytes }: ServerConfig['limits']): number =>
  headersBytes + urlBytes + FIELDS * FIELD_OVERHEAD_BYTES;

/** It never listens: it is handed connections. */
function createSessions(limits: ServerConfig['limits']): Http2Server {
  return createServer({
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Response,
    settings: {
      maxConcurrentStreams: STREAMS,
      maxHeaderListSize: headerListBytes(limits),
      enableConnectProtocol: false,
    },
    maxHeaderListPairs: FIELDS,
    maxSessionInvalidFrames: INVALID_FRAMES,
    maxSessionRejectedStreams: STREAMS,
    streamResetBurst: RESETS,
    streamResetRate: RESETS_PER_SECOND,
  });
}

/**
 * Ends a stream with its request or its answer. By itself Node keeps one open for as long as there are
 * unread bytes of it.
 */
function endUnread(stream: ServerHttp2Stream, clock: Clock): void {
  if (stream.endAfterHeaders) return;
  // The client has reset it, with whatever code.
  stream.once('aborted', () => stream.destroy());
  stream.once('finish', () => {
    if (stream.readableEnded) return;
    const timer = clock.after(UNREAD_MS, () => {
      // Tells the client to send no more, since its answer is out (RFC 9113 §8.1).
      stream.close(constants.NGHTTP2_NO_ERROR);
      stream.destroy();
    });
    stream.once('close', () => clock.cancel(timer));
  });
}
