/**
 * An answer sent through Fastify's reply: the way for routes whose plugins want `onSend`, or
 * transform the body. Costs a stream; routes without such plugins do not take it.
 */
import { pipeline } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Body } from '../body.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import { mergeReplyHeaders } from '../edge/response-head.ts';
import type { Route } from './route.ts';

export function sendOnReplyPath(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  head: ResponseHead,
  body: Body,
): void {
  const transforms = route.transforms.flatMap((make) => make(request, head) ?? []);
  mergeReplyHeaders(reply, head.headers);
  // What comes out of a transform has another length.
  if (transforms.length > 0) delete head.headers['content-length'];
  const source = body.stream();
  const streams = [source, ...transforms];
  if (transforms.length > 0) pipeline(streams, (error) => error && reply.raw.destroy(error));
  for (const name in head.headers) {
    // Fastify appends to Set-Cookie; everything was merged already.
    reply.removeHeader(name);
    reply.header(name, head.headers[name]);
  }
  void reply.code(head.status).send(streams.at(-1));
}
