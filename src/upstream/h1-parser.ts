/**
 * Corrects what undici's HTTP/1.1 parser gets wrong for a gateway, on each connection's own parser:
 *
 * - An unsolicited `100 Continue` ends the connection. A client must be able to parse it (RFC 9110
 *   §15.2); here it is dropped, like every other 1xx.
 * - A status line with HTTP/2.0 or 0.9 is accepted. Here it is an error (RFC 9112 §2.3).
 * - A connection stays open after a chunked HTTP/1.0 response, whose framing cannot be trusted
 *   (RFC 9112 §6.1).
 * - An error does not say whether any byte of a response had arrived. Here it is marked if a reused
 *   connection ended before the first byte of the next response.
 * - `TE` is sent without being named in `Connection`. Here it is named (RFC 9110 §10.1.4).
 *
 * All this costs one function call and three comparisons per response.
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

/** A parser with our addition. */
interface GuardedParser extends Parser {
  /** An earlier response came on this connection. */
  hasAnswered?: boolean;
}

/** The status line has a version other than HTTP/1.0 and 1.1. */
export class VersionError extends Error {
  override readonly name = 'VersionError';
  readonly code = 'HPE_INVALID_VERSION';
}

const UNANSWERED: unique symbol = Symbol('a reused connection ended before its next answer');

/**
 * Did a reused connection end before the first byte of this response? Then the upstream closed it while
 * it was idle.
 */
export const wasIdle = (error: Error): boolean => UNANSWERED in error;

/** Guards each HTTP/1.1 connection that `client` will open. */
export function guardConnections(client: Client): void {
  // At this point all members exist and nothing has been sent.
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
  // Runs before undici's own listener, which passes the error on.
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
      // Whatever its `Connection` says, another response follows.
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

/** A 1xx that undici accepts and our handlers drop. */
const PROCESSING = 102;

function nameTe(context: HttpContext): void {
  const write = context.write.bind(context);
  context.write = (request) => {
    const { headers } = request;
    // `te` comes first if present: see wire-attempt.ts. This adds a second `Connection` beside undici's
    // own; a list may span several fields (RFC 9110 §5.3).
    if (headers[0] === 'te') headers.push('connection', 'TE');
    return write(request);
  };
}
