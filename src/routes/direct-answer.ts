/**
 * An answer that goes to the client past Fastify's reply: for routes on which no plugin transforms a
 * body or listens to `onSend`. Small ones leave in one write with their head.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Body } from '../core/body.ts';
import { acceptsTrailers } from '../edge/forwarded.ts';
import { announceTrailers, mergeReplyHeaders, type ResponseHead } from '../edge/response-head.ts';
import type { ActionContext, Route } from './route.ts';

export interface DirectAnswer {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly head: ResponseHead;
  readonly body: Body;
}

/** Ends `body`, whatever happens. @throws what a hook throws, or a head that cannot be written */
export function answerDirectly(
  { responseHooks }: Route,
  { clock, readerIdleMs: idleMs }: ActionContext,
  { request, reply, head, body }: DirectAnswer,
): void {
  try {
    for (const hook of responseHooks) hook(request, head);
    mergeReplyHeaders(reply, head.headers);
    // RFC 9110 §8.6; clients of HTTP/2 reset such a stream.
    if (head.status === 204) delete head.headers['content-length'];
    const trailers = acceptsTrailers(request.raw.headers);
    if (head.headers['trailer'] !== undefined) {
      if (trailers) announceTrailers(head, request.raw);
      else delete head.headers['trailer'];
    }
    body.send(reply.raw, head.status, head.headers, { clock, idleMs, trailers });
  } catch (error) {
    // A hook that throws, or sets what no header can hold: the answer is ours now.
    body.destroy();
    throw error;
  }
  reply.hijack();
}
