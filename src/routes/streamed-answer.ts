/** What answers need that may be streams: a place for the client, and somebody who ends them. */
import type { FastifyRequest } from 'fastify';
import type { Body } from '../core/body.ts';
import type { GatewayError } from '../core/errors.ts';
import type { RequestRecord } from '../core/record.ts';
import { type AnswerKind, streamKind } from '../core/stream-type.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Answering } from './answer.ts';
import { AnswerStream, type StreamConfig } from './answer-stream.ts';
import { checkPlace, takePlace } from './consumer-place.ts';
import type { ActionContext, Route } from './route.ts';

interface Asked {
  readonly exchange: ClientExchange;
  readonly route: Route;
  readonly context: ActionContext;
  readonly stream: StreamConfig;
}

/**
 * Refuses a request for an event stream before its upstream is called, as far as the request says what it is for;
 * `EventSource` does.
 *
 * @throws GW_CONSUMER_STREAMS
 */
export function checkAsked(
  { raw }: FastifyRequest,
  { exchange, route, context, stream: { perConsumer } }: Asked,
): void {
  if (perConsumer === undefined || streamKind(raw.headers.accept) !== 'sse') return;
  checkPlace({ exchange, route, context, of: 'stream', most: perConsumer });
}

/** An answer that may be a stream. */
export interface StreamedAnswer {
  readonly kind: AnswerKind;
  readonly head: ResponseHead;
  readonly body: Body;
}

/**
 * Follows the body of an answer; it becomes a stream when its body does.
 *
 * @throws GW_CONSUMER_STREAMS if the client has too many; then the body has ended
 */
export function streamFor(
  { route, context, reply, exchange, stream: config }: Answering,
  { kind, head, body }: StreamedAnswer,
): AnswerStream {
  const place = { exchange, route, context, of: 'stream', most: config?.perConsumer } as const;
  const stream = new AnswerStream({
    kind,
    route: route.config.name,
    headers: head.headers,
    body,
    reply,
    exchange,
    context,
    maxAgeMs: config?.maxAgeMs,
  });
  if (kind === 'sse') head.headers['x-accel-buffering'] ??= 'no';
  body.onStream(() => {
    try {
      body.onClose(takePlace(place));
    } catch (error) {
      body.destroy(error as GatewayError);
      // Its head is out: it ends as any broken call does, with a status.
      if (kind === 'grpc') return;
      throw error;
    }
    stream.lasts();
  });
  return stream;
}

/** Notes why the body of an answer broke, unless that is how a stream ends. */
export function noteBroken(record: RequestRecord, error: GatewayError): void {
  const { stream } = record;
  const isMeant =
    stream !== undefined && (stream.endedBy !== undefined || error.code === 'GW_CLIENT_CLOSED');
  if (!isMeant) record.fail(error);
}
