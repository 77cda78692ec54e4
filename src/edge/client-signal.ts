/** Ends the work for a client that has left, and the wait for one that does not end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Timeout } from '../core/timeouts.ts';
import type { ClientExchange } from './client-exchange.ts';
import { linger } from './linger.ts';

/**
 * Cancels `exchange.signal` when the client leaves before its response is complete, then tells
 * `onClose`; the one place that sees every request end, and the wait for its answer.
 *
 * Watches the response, not the request: the request's `close` also fires once its body has been
 * read, which is why Fastify 5's own `request.signal` aborts healthy POSTs (fastify/fastify#6725).
 * A hijacked or aborted reply never fires Fastify's `onResponse`, so that counting belongs here too.
 */
export function watchClient(
  response: ServerResponse,
  exchange: ClientExchange,
  limit: Timeout,
  onClose: (exchange: ClientExchange, response: ServerResponse) => void,
): void {
  // It comes once; `once` would only wrap the listener, and remove it.
  response.on('close', () => {
    limit.stop();
    if (!response.writableFinished) {
      const left = new GatewayError('GW_CLIENT_CLOSED', 'the client left');
      exchange.record.fail(left);
      exchange.signal.cancel(left);
    }
    onClose(exchange, response);
  });
}

/**
 * Once the answer is out, the rest of a body that nobody reads may keep its connection for `ms`, and
 * no longer: Node drops those bytes without asking how many there are, or how slowly they come. Where
 * the answer closes the connection, it lingers until the client has had time to read it.
 */
export function boundUnread(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
  ms: number,
): void {
  // A stream of HTTP/2 ends by itself.
  if (request.httpVersionMajor === 2) return;
  // Before Node's own listener, which closes the connection.
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
    // How Node closes it.
    socket.destroySoon = () => {
      stop();
      linger(socket, clock, ms);
    };
  });
}
