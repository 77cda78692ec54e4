/**
 * Keeps the trace of requests with a signed `Portico-Debug` field.
 *
 * The field is never seen behind this: see client-headers.ts. One whose signature is not valid, or was used
 * before, makes no difference at all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { DEBUG_FIELD, verifyDebug } from '../edge/debug-signature.ts';
import { traceOf, traceText } from '../observe/trace.ts';
import { TRACE_LIMITS } from '../observe/traces.ts';
import type { RequestHandler } from './admission.ts';
import { bytesSent, statusOf } from './request-observer.ts';
import type { World } from './world.ts';

export interface TracingOptions {
  readonly keys: readonly string[];
  /** The number of the generation. */
  readonly generation: number;
  readonly world: Pick<World, 'clock' | 'wallClock' | 'traces'>;
}

/** Wraps `handle`, which sets the exchange of the request. */
export function tracing(handle: RequestHandler, options: TracingOptions): RequestHandler {
  return function traced(request, response) {
    const field = request.headers[DEBUG_FIELD];
    if (field === undefined) {
      handle(request, response);
      return;
    }
    const isTraced = isAskedFor(request, String(field), options);
    handle(request, response);
    if (isTraced) {
      // The record is complete: what notes a client that left was registered earlier.
      response.once('close', () => keep(exchangeOf(request), response, options));
    }
  };
}

/** Has an operator signed this request, and is this its first use? */
function isAskedFor(
  { method = '', url = '' }: IncomingMessage,
  field: string,
  { keys, world: { wallClock, traces } }: TracingOptions,
): boolean {
  const now = wallClock() / 1_000;
  const request = { method, target: originForm(url) };
  const signed = verifyDebug(field, { keys, request, now });
  return signed !== undefined && traces.claim(signed.nonce, (signed.expires - now) * 1_000);
}

/** Without the authority of an absolute target. */
const originForm = (url: string): string => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');

function keep(exchange: ClientExchange, response: ServerResponse, options: TracingOptions): void {
  const { generation, world } = options;
  const { clock, wallClock, traces } = world;
  const endedAt = clock.now();
  const trace = traceOf(exchange, {
    at: new Date(wallClock() - (endedAt - exchange.record.startedAt)).toISOString(),
    generation,
    status: statusOf(exchange, response),
    bytesSent: bytesSent(exchange, response),
    endedAt,
  });
  traces.keep(exchange.id, Promise.resolve(traceText(trace, TRACE_LIMITS.traceBytes)));
}
