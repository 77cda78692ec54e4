/**
 * Corrects what undici's HTTP/1.1 parser gets wrong for a gateway, on each connection's own parser:
 *
 * - An unsolicited `100 Continue` ends the connection. A client must be able to read it (RFC 9110
 *   §15.2); here it is dropped, like every other 1xx.
 * - A status line of HTTP/2.0 or 0.9 passes. Here it is not a response (RFC 9112 §2.3).
 * - A connection stays open after a chunked HTTP/1.0 response, whose framing cannot be trusted
 *   (RFC 9112 §6.1).
 * - An error does not say whether any byte of a response had arrived; here one on a reused connection
 *   that ended before the first byte of the next response is marked.
 * - `TE` goes out without being named in `Connection` (RFC 9110 §10.1.4).
 *
 * All of this costs one function call and three comparisons per response.
 */
import type { Client } from 'undici';
import {
  CONTEXT,
  type HttpContext,
  memberOf,
  type Parser,
  PARSER,
  SOCKET,
} from './undici-members.ts';

/** What is ours about a parser. */
interface GuardedParser extends Parser {
  /** An answer came before. */
  hasAnswered?: boolean;
}

/** The status line is not of HTTP/1.0 or 1.1. */
export class VersionError extends Error {
  override readonly name = 'VersionError';
  readonly code = 'HPE_INVALID_VERSION';
}

const UNANSWERED: unique symbol = Symbol('a reused connection ended before its next answer');

/** Did a connection that had been used end before a byte of this answer? Then it was closed while idle. */
export const wasIdle = (error: Error): boolean => UNANSWERED in error;

/** Guards each connection that `client` will open, where it is of HTTP/1.1. */
export function guardConnections(client: Client): void {
  // Everything is there, and nothing has been sent.
  client.on('connect', () => {
    const context = memberOf(client, CONTEXT);
    const socket = memberOf(client, SOCKET);
    const parser = socket && memberOf(socket, PARSER);
    if (context === undefined || parser === undefined) return;
    nameTe(context);
    guardAnswers(parser);
    markErrors(parser);
  });
}

function markErrors(parser: GuardedParser): void {
  // Before undici's own listener, which hands the error on.
  parser.socket.prependListener('error', (error: Error & { [UNANSWERED]?: true }) => {
    const { hasAnswered, statusCode, headers } = parser;
    if (hasAnswered === true && statusCode === 0 && headers.length === 0) error[UNANSWERED] = true;
  });
}

function guardAnswers(parser: GuardedParser): void {
  const complete = parser.onHeadersComplete.bind(parser);
  const { llhttp, socket } = parser;
  parser.hasAnswered = false;
  let isInterim = false;
  parser.onHeadersComplete = (status, upgrade, shouldKeepAlive) => {
    const { ptr } = parser;
    const minor = llhttp.llhttp_get_http_minor(ptr);
    if (llhttp.llhttp_get_http_major(ptr) !== 1 || minor > 1) {
      socket.destroy(new VersionError('the status line has another HTTP version'));
      return -1;
    }
    if (status < 200 && !upgrade) {
      // Whatever it says of the connection, more is to come.
      isInterim = true;
      llhttp.llhttp_set_lenient_keep_alive(ptr, 1);
      return complete(status === 100 ? PROCESSING : status, upgrade, true);
    }
    if (isInterim) llhttp.llhttp_set_lenient_keep_alive(ptr, 0);
    isInterim = false;
    parser.hasAnswered = true;
    const isDoubtful = minor === 0 && parser.hasTransferEncoding;
    return complete(status, upgrade, shouldKeepAlive && !isDoubtful);
  };
}

/** A 1xx that undici takes, and our handlers drop. */
const PROCESSING = 102;

function nameTe(context: HttpContext): void {
  const write = context.write.bind(context);
  context.write = (request) => {
    const { headers } = request;
    // It stands first where there is one: see wire-attempt.ts.
    // A second `Connection`, beside undici's own: a list may be several fields (RFC 9110 §5.3).
    if (headers[0] === 'te') headers.push('connection', 'TE');
    return write(request);
  };
}
