/**
 * Sends an answer to the client without Fastify's reply, for routes on which no plugin transforms a body
 * or listens to `onSend`. A small body is written together with its head.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Body } from '../core/body.ts';
import { ConvertedBody } from '../core/converted-body.ts';
import { toGatewayError } from '../core/errors.ts';
import type { SendOptions, Through } from '../core/sink.ts';
import { acceptsTrailers } from '../edge/forwarded.ts';
import { grpcTrailers, wantsGrpc } from '../edge/grpc-status.ts';
import { announceTrailers, mergeReplyHeaders, type ResponseHead } from '../edge/response-head.ts';
import { convertAnswer } from './converted-answer.ts';
import type { ActionContext, AnswerConverter, Route } from './route.ts';

export interface DirectAnswer {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly head: ResponseHead;
  readonly body: Body;
  /** Sees the body, if that may last. */
  readonly stream?: Through | undefined;
}

/**
 * Ends `body` in every case. Returns a promise if somebody converts the answer.
 *
 * @throws what a hook throws, or an error for a head that cannot be written
 */
export function answerDirectly(
  route: Route,
  context: ActionContext,
  answer: DirectAnswer,
): undefined | Promise<void> {
  const { request, reply, head, body } = answer;
  try {
    for (const hook of route.responseHooks) hook(request, head);
    mergeReplyHeaders(reply, head.headers);
    if (route.converters !== undefined) {
      return convertAndSend(route.converters, context, answer);
    }
    send(context, answer);
  } catch (error) {
    // A hook threw, or set a value that no header can hold: the gateway answers with an error instead.
    body.destroy();
    throw error;
  }
  reply.hijack();
  return undefined;
}

async function convertAndSend(
  converters: readonly AnswerConverter[],
  context: ActionContext,
  answer: DirectAnswer,
): Promise<void> {
  const { request, reply, head, body } = answer;
  let converted: Body | undefined;
  try {
    converted = await convertAnswer(converters, { request, head, open: () => body });
    send(context, converted === undefined ? answer : { ...answer, body: converted });
  } catch (error) {
    converted?.destroy();
    body.destroy();
    throw error;
  }
  reply.hijack();
}

function send(
  { clock, readerIdleMs: idleMs }: ActionContext,
  { request, reply, head, body, stream: through }: DirectAnswer,
): void {
  // RFC 9110 §8.6; HTTP/2 clients reset a stream that has it.
  if (head.status === 204) delete head.headers['content-length'];
  const trailers = acceptsTrailers(request.raw.headers);
  if (head.headers['trailer'] !== undefined) {
    if (trailers) announceTrailers(head, request.raw);
    else delete head.headers['trailer'];
  }
  const isGrpc = wantsGrpc(request.raw);
  const ending = isGrpc ? grpcEnding(request.id) : brokenEnding(body);
  body.send(reply.raw, head.status, head.headers, { clock, idleMs, trailers, ending, through });
}

type End = SendOptions['ending'];

const grpcEnding =
  (requestId: string): End =>
  (error) => ({ trailers: grpcTrailers(toGatewayError(error), requestId) });

function brokenEnding(body: Body): End {
  if (!(body instanceof ConvertedBody)) return undefined;
  return (error) => {
    const bytes = body.brokenEnd(error);
    return bytes && { bytes };
  };
}
