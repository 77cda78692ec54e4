/**
 * Corrects four things that undici leaves to Node.js's HTTP/2 streams and that are wrong for a gateway:
 *
 * - A response that the server resets with CANCEL or NO_ERROR before its end (RFC 9113 §8.1) looks
 *   complete. Here it is an error.
 * - A request that is given up ends silently: undici closes the stream with NO_ERROR, which Node.js delays until
 *   everything is written, or loses with the last bytes when it then destroys the stream. The server would wait
 *   for the rest, or work for nobody, as long as the session lives. Here the stream is reset with CANCEL.
 * - A response head that is too long looks like a server that wants fewer requests. Here the two are told
 *   apart.
 * - All windows have one fixed size: a narrow one is slow over a distance, and a wide one holds a lot of
 *   memory. Here the size follows the number of streams.
 */
import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { type FlowWindowOptions, FlowWindows } from '../core/flow-windows.ts';
import { HEAD_TOO_LONG } from './transport-error.ts';
import { memberOf, SESSION } from './undici-members.ts';

/**
 * Windows for the responses on one session: at most 32 MiB unread. They begin wide, because the server
 * learns of narrower windows before it sees the request that narrowed them.
 */
export const ANSWER_WINDOWS: FlowWindowOptions = {
  unreadBytes: 33_554_432,
  sharedBytes: 16_777_216,
  narrowestBytes: 262_144,
  widestBytes: 4_194_304,
  initialBytes: 4_194_304,
};

/** Node.js's default limit for a response head; in fact it takes one byte less. */
const USUAL_HEADERS_BYTES = 65_536;

/** Guards every stream of the session that undici will open on `socket`. */
export function guardStreams(socket: Socket, headersBytes: number): void {
  // undici adds a listener to the socket after it creates the session and before it opens the first
  // stream.
  const guard = (): void => {
    const session = memberOf(socket, SESSION);
    if (session === undefined) return;
    socket.off('newListener', guard);
    if (headersBytes !== USUAL_HEADERS_BYTES) {
      session.settings({ maxHeaderListSize: headersBytes });
    }
    const request = session.request.bind(session);
    const windows = new FlowWindows(session, ANSWER_WINDOWS);
    session.request = (headers, options) => {
      windows.makeRoom();
      const stream = request(headers, options);
      windows.watch(stream);
      failWhenCut(stream);
      tellLongHead(stream, socket, headersBytes);
      resetWhenGivenUp(stream);
      return stream;
    };
  };
  socket.on('newListener', guard);
}

/**
 * Node.js resets a stream whose head is too long with the code that servers use when they want fewer
 * requests. The number of bytes received tells the two apart: Huffman coding needs at least five bits for
 * eight (RFC 7541, appendix B).
 */
function tellLongHead(stream: ClientHttp2Stream, socket: Socket, headersBytes: number): void {
  const before = socket.bytesRead;
  stream.prependOnceListener('error', (error: NodeJS.ErrnoException) => {
    const isLong = socket.bytesRead - before >= headersBytes / 2;
    if (isLong && stream.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) {
      error.code = HEAD_TOO_LONG;
    }
  });
}

function failWhenCut(stream: ClientHttp2Stream): void {
  const push = stream.push.bind(stream);
  let hasEnded = false;
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // A complete response ends before its stream closes; a reset closes the stream first.
    if (chunk === null && !hasEnded && stream.closed) {
      // Node.js is closing it right now.
      process.nextTick(() => stream.destroy(new Error('the stream was reset before its end')));
      return false;
    }
    hasEnded ||= chunk === null;
    return push(chunk, encoding);
  };
}

function resetWhenGivenUp(stream: ClientHttp2Stream): void {
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    if (code !== undefined) close(code, callback);
    // Node sends CANCEL only for its own AbortError, and this is how to get one.
    else addAbortSignal(AbortSignal.abort(), stream);
  };
}
