/** What Node's parser cannot read gets the same kind of answer as any other error. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { World } from '../assembly/world.ts';
import { TOKEN } from '../config/schema/types.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { linger } from '../edge/linger.ts';
import { rawProblem } from '../edge/problem.ts';
import { sendError } from '../edge/send-error.ts';
import { causeOf } from '../core/cause.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';

/** The response that is under way on a socket; Node keeps it there and says so nowhere else. */
export function responseOn(socket: Socket): ServerResponse | undefined {
  const { _httpMessage } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return _httpMessage ?? undefined;
}

/** What Node's parser says, with the bytes it was reading. */
export type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

const isParserError = ({ code = '' }: ParserError): boolean => /^(HPE|ERR_HTTP)_/.test(code);

/** A request that Node's parser refuses gets the same kind of document as any other error. */
export function refuseUnreadable(
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

export function refuse(socket: Socket, answer: GatewayError, world: World): void {
  world.metrics.countError('unmatched', answer.code, causeOf(answer));
  if (socket.writable) socket.write(rawProblem(answer, world.nextRequestId()));
  // A client that does not read the response must not keep the connection.
  linger(socket, world.clock, REFUSED_MS);
}

/** HTTP/0.9, and HTTP/2 without its preface: the parser reads them as if they were HTTP/1. */
export function refuseVersion(response: ServerResponse, { metrics, nextRequestId }: World): void {
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
