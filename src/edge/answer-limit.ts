/**
 * The last safety net: no client waits forever for an answer, whatever a hook or a handler waits for.
 *
 * Deadlines bound calls and `idle` bounds clients; this bounds everything else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import type { ClientExchange } from './client-exchange.ts';
import { sendError } from './send-error.ts';

/** Starts the wait for the answer to one request. The caller stops it when the response closes. */
export type AnswerLimit = (
  request: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
) => Timeout;

/** Fails a request with GW_DEADLINE_EXCEEDED if the head of its answer is not sent within `ms`. */
export function answerLimit(ms: number, clock: Clock): AnswerLimit {
  const timeouts = new Timeouts(ms, clock);
  return (request, response, exchange) => {
    const timeout = timeouts.start(() => {
      if (response.headersSent || response.destroyed) {
        if (response.destroyed) giveUpOutliving(exchange, ms);
        return;
      }
      // A body that is being read has its own limits.
      if (exchange.body.isTaken && !request.complete) timeouts.begin(timeout);
      else giveUp(response, exchange, ms);
    });
    return timeout;
  };
}

/** Work for a client that has left. If it does not end with the signal, it is forgotten. */
function giveUpOutliving({ signal, outliving }: ClientExchange, ms: number): void {
  if (outliving === undefined) return;
  signal.cancel(new GatewayError('GW_DEADLINE_EXCEEDED', `no answer within ${ms} ms`));
  setImmediate(() => outliving.giveUp());
}

function giveUp(response: ServerResponse, exchange: ClientExchange, ms: number): void {
  const error = new GatewayError('GW_DEADLINE_EXCEEDED', `no answer within ${ms} ms`);
  exchange.signal.cancel(error);
  // Work that listens to the signal answers now. If none does, the gateway answers.
  setImmediate(() => {
    const { reply, route, endpoint, id } = exchange;
    if (response.headersSent || response.destroyed) return;
    if (reply === undefined) {
      exchange.record.bytesSent = sendError(response, error, id);
      return;
    }
    reply.log.warn({ route, endpoint }, 'a hook or a handler did not finish in time');
    // A hook on the answer itself is stuck; it is too late to send another one.
    if (reply.sent) response.destroy(error);
    else void reply.send(error);
  });
}
