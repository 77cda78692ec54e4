/**
 * Corrects four things that undici leaves to Node.js's HTTP/2 streams, and that these get wrong for a gateway:
 *
 * - A response that the server resets with CANCEL or NO_ERROR before its end (RFC 9113 §8.1) looks
 *   complete. Here it is an error.
 * - A request that is given up before all of it was written ends silently: undici closes the
 *   stream with NO_ERROR, for which Node.js waits until everything is written, and destroys it first. The
 *   server would wait for the rest for ever. Here it is reset with CANCEL.
 * - A head that is too long looks like a server that wants fewer requests. Here the two are distinguished.
 * - All windows have one size: slow over a distance if narrow, and a lot to hold if
 *   wide. Here they follow the number of streams.
 */
import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { type FlowWindowOptions, FlowWindows } from '../core/flow-windows.ts';
import { HEAD_TOO_LONG } from './transport-error.ts';
import { memberOf, SESSION } from './undici-members.ts';

/**
 * Of the answers that come on one session: 32 MiB unread at most. They begin wide, since the server hears
 * of narrower windows before it hears of the request that made them so.
 */
export const ANSWER_WINDOWS: FlowWindowOptions = {
  unreadBytes: 33_554_432,
  sharedBytes: 16_777_216,
  narrowestBytes: 262_144,
  widestBytes: 4_194_304,
  initialBytes: 4_194_304,
};

/** What Node.js takes for the head of an answer unless it is told: a byte less, in fact. */
const USUAL_HEADERS_BYTES = 65_536;

/** Guards every stream of the session that undici will open on `socket`. */
export function guardStreams(socket: Socket, headersBytes: number): void {
  // undici opens the first stream in the same breath; before, it listens to the socket.
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
 * Node.js resets a stream whose head is too long, with the code of a server that wants fewer requests. How
 * much has come tells the two apart: Huffman's code leaves five bits of eight (RFC 7541, appendix B).
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
    // The end of an answer comes before the stream is closed; a reset closes it first.
    if (chunk === null && !hasEnded && stream.closed) {
      // Node.js is in the midst of closing it.
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
    if (code !== undefined || stream.writableFinished) close(code, callback);
    // Only an AbortError of Node's own becomes CANCEL, and this is how to come by one.
    else addAbortSignal(AbortSignal.abort(), stream);
  };
}
