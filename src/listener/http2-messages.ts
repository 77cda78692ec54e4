/**
 * Gives HTTP/2 requests and responses the shape that the rest of the gateway expects: no names that start
 * with `:`, the authority as `Host`, and fields that HTTP/2 clients imply added.
 */
import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { HOP_BY_HOP } from '../core/headers.ts';

const sockets = new WeakMap<ServerHttp2Session, Socket>();

/** Streams of `session` came through `socket`: what Node shows instead is another object for each. */
export function setSocket(session: ServerHttp2Session, socket: Socket): void {
  sockets.set(session, socket);
}

/** Node's own has accessors that read the fields as they came; these properties hide them. */
export class Http2Request extends Http2ServerRequest {
  override readonly headers: IncomingHttpHeaders = {};
  override readonly rawHeaders: string[];
  override method: string;
  override url: string;
  /** The connection's own, the same for all of its streams. */
  override readonly socket: Socket;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ConstructorParameters<typeof Http2ServerRequest>[2],
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, rawHeaders);
    const authority = headers[':authority'];
    this.method = headers[':method'] ?? '';
    this.url = headers[':path'] ?? '';
    this.rawHeaders = plainFields(rawHeaders, authority);
    for (const name in headers) {
      if (!name.startsWith(':')) this.headers[name] = headers[name];
    }
    if (authority !== undefined) this.headers.host = authority;
    // Trailers need no asking for (RFC 9113 §8.1).
    this.headers.te = 'trailers';
    this.socket = sockets.get(stream.session as ServerHttp2Session)!;
  }

  /**
   * Node ends the body of a reset stream as if it were complete. It must not be taken for that: it
   * fails, as one of HTTP/1.1 does.
   */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk !== null || !this.stream.closed || this.readableEnded) {
      return super.push(chunk, encoding);
    }
    if (this.listenerCount('error') > 0) this.emit('error', new Error('aborted'));
    return false;
  }

  /** One that has not ended may be read on; Node's own would take that for a bug and throw. */
  override _read(size: number): void {
    if (!this.stream.destroyed) super._read(size);
  }
}

/**
 * A `Host` that says the same as the authority is dropped; one that says otherwise stays beside it, for
 * the check that refuses two (RFC 9113 §8.3.1).
 */
function plainFields(fields: readonly string[], authority: string | undefined): string[] {
  const out = authority === undefined ? [] : ['host', authority];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    if (name.startsWith(':') || (name === 'host' && value === authority)) continue;
    out.push(name, value);
  }
  return out;
}

/** RFC 9113 §8.2.2; `Trailer` is not of the connection. */
const FORBIDDEN: ReadonlySet<string> = new Set(
  [...HOP_BY_HOP].filter((name) => name !== 'trailer'),
);

export class Http2Response extends Http2ServerResponse<Http2Request> {
  override destroyed = false;
  /** Node ends a stream that the client has reset, and calls that finished. */
  override writableFinished = false;

  constructor(stream: ServerHttp2Stream) {
    super(stream);
    stream.once('finish', () => (this.writableFinished = !stream.aborted));
    // Before Node tells others that it has closed.
    stream.prependOnceListener('close', () => (this.destroyed = true));
  }

  override setHeader(name: string, value: number | string | readonly string[]): this {
    if (!FORBIDDEN.has(name.toLowerCase())) super.setHeader(name, value);
    return this;
  }

  /** Without a status text, and without fields of the connection: each would throw, or warn. */
  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const given = rest.at(-1);
    if (typeof given !== 'object' || given === null) return super.writeHead(status);
    const fields: OutgoingHttpHeaders = {};
    for (const [name, value] of Object.entries(given)) {
      if (!FORBIDDEN.has(name.toLowerCase())) fields[name] = value as string;
    }
    return super.writeHead(status, fields);
  }

  /** Says that the answer is not whole: without a code it would look as if it were. */
  override destroy(error?: Error): this {
    this.destroyed = true;
    const { stream } = this;
    if (!stream.closed && !stream.writableFinished) {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    super.destroy(error);
    return this;
  }
}
