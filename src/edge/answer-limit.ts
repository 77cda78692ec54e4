/**
 * The last net: nobody waits for ever for an answer, whatever a hook or a handler waits for.
 *
 * Deadlines bound calls, and `idle` bounds clients; this bounds what nobody else does.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import type { ClientExchange } from './client-exchange.ts';
import { sendProblem } from './problem.ts';

/** Begins to wait for the answer to one request; stop it when the response closes. */
export type AnswerLimit = (
  request: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
) => Timeout;

/** GW_DEADLINE_EXCEEDED where the head of an answer is not there after `ms`. */
export function answerLimit(ms: number, clock: Clock): AnswerLimit {
  const timeouts = new Timeouts(ms, clock);
  return (request, response, exchange) => {
    const timeout = timeouts.start(() => {
      if (response.headersSent || response.destroyed) return;
      // A body that somebody takes has limits of its own.
      if (exchange.body.isTaken && !request.complete) timeouts.begin(timeout);
      else giveUp(response, exchange, ms);
    });
    return timeout;
  };
}

function giveUp(response: ServerResponse, exchange: ClientExchange, ms: number): void {
  const error = new GatewayError('GW_DEADLINE_EXCEEDED', `no answer within ${ms} ms`);
  exchange.signal.cancel(error);
  // Whoever hears of that answers now. If nobody does, nobody would have.
  setImmediate(() => {
    const { reply, route, endpoint, id } = exchange;
    if (response.headersSent || response.destroyed) return;
    if (reply === undefined) {
      exchange.record.bytesSent = sendProblem(response, error, id);
      return;
    }
    reply.log.warn({ route, endpoint }, 'a hook or a handler did not finish in time');
    // A hook of the answer itself waits: to send another one is too late.
    if (reply.sent) response.destroy(error);
    else void reply.send(error);
  });
}
