/** Ends the work for clients that have left, and bounds the wait for clients that do not finish. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Timeout } from '../core/timeouts.ts';
import type { ClientExchange } from './client-exchange.ts';
import { linger } from './linger.ts';

/**
 * Cancels `exchange.signal` if the client leaves before its response is complete, then calls `onClose`.
 * This is the one place where every request ends, and with it the `limit` on its answer.
 *
 * Watches the response, not the request: the request's `close` also fires once its body has been read,
 * which is why Fastify 5's own `request.signal` aborts healthy POSTs (fastify/fastify#6725). A hijacked
 * or aborted reply never fires Fastify's `onResponse`, so requests are counted here too.
 */
export function watchClient(
  response: ServerResponse,
  exchange: ClientExchange,
  limit: Timeout,
  onClose: (exchange: ClientExchange, response: ServerResponse) => void,
): void {
  // `close` fires once, so `once` would only add the cost of wrapping and removing the listener.
  response.on('close', () => {
    const { outliving } = exchange;
    if (outliving === undefined) end(response, exchange, limit, onClose);
    else {
      outliving.closed(response.writableFinished, () => end(response, exchange, limit, onClose));
    }
  });
}

function end(
  response: ServerResponse,
  exchange: ClientExchange,
  limit: Timeout,
  onClose: (exchange: ClientExchange, response: ServerResponse) => void,
): void {
  limit.stop();
  if (!response.writableFinished) {
    const left = new GatewayError('GW_CLIENT_CLOSED', 'the client left');
    // That is how streams end.
    if (exchange.record.stream === undefined) exchange.record.fail(left);
    exchange.signal.cancel(left);
  }
  onClose(exchange, response);
}

/**
 * Once the answer is sent, the unread rest of a body may keep its connection for at most `ms`: Node drops
 * those bytes, however many there are and however slowly they come. If the answer closes the connection,
 * it lingers until the client has had time to read.
 */
export function boundUnread(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
  ms: number,
): void {
  // HTTP/2 ends the stream, not the connection.
  if (request.httpVersionMajor === 2) return;
  // Runs before Node's own listener, which closes the connection.
  response.prependOnceListener('finish', () => {
    const { socket } = request;
    if (request.complete || socket.destroyed) return;
    const stop = (): void => {
      clock.cancel(timer);
      request.off('close', settle);
      socket.off('close', settle);
      Reflect.deleteProperty(socket, 'destroySoon');
    };
    const settle = (): void => {
      stop();
      if (!request.complete) socket.destroy();
    };
    const timer = clock.after(ms, settle);
    request.on('close', settle);
    socket.on('close', settle);
    // Node closes the connection by calling this.
    socket.destroySoon = () => {
      stop();
      linger(socket, clock, ms);
    };
  });
}
