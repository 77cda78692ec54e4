/**
 * An answer sent through Fastify's reply: the way for routes whose plugins want `onSend`, or
 * transform the body. Costs a stream; routes without such plugins do not take it.
 */
import type { FastifyReply } from 'fastify';
import type { Body } from '../body.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import { mergeReplyHeaders } from '../edge/response-head.ts';

export function sendOnReplyPath(reply: FastifyReply, head: ResponseHead, body: Body): void {
  mergeReplyHeaders(reply, head.headers);
  for (const name in head.headers) {
    // Fastify appends to Set-Cookie; everything was merged already.
    reply.removeHeader(name);
    reply.header(name, head.headers[name]);
  }
  const stream = body.stream();
  // A hook may put another body in its place, or fail: then nobody else ends this one, or listens.
  stream.on('error', () => undefined);
  reply.raw.once('close', () => stream.destroy());
  void reply.code(head.status).send(stream);
}
