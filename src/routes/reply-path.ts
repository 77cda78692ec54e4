/**
 * An answer sent through Fastify's reply: the way for routes whose plugins want `onSend`, or
 * transform the body. Costs a stream; routes without such plugins do not take it.
 *
 * Trailers go along with the upstream's body and with no other: a transform, or a hook that puts another
 * body in its place, makes them speak of bytes that the client does not get.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Body } from '../core/body.ts';
import { acceptsTrailers } from '../edge/forwarded.ts';
import { mergeReplyHeaders, type ResponseHead } from '../edge/response-head.ts';
import { relayedTrailers } from '../core/headers.ts';

export function sendOnReplyPath(reply: FastifyReply, head: ResponseHead, body: Body): void {
  mergeReplyHeaders(reply, head.headers);
  // A hook may yet put a body with a length in its place, which must not have it.
  delete head.headers['trailer'];
  for (const name in head.headers) {
    // Fastify appends to Set-Cookie; everything was merged already.
    reply.removeHeader(name);
    reply.header(name, head.headers[name]);
  }
  const stream = body.stream();
  // A hook may put another body in its place, or fail: then nobody else ends this one, or listens.
  stream.on('error', () => undefined);
  reply.raw.once('close', () => stream.destroy());
  if (acceptsTrailers(reply.request.raw.headers)) passTrailers(reply.raw, stream, body);
  // Not by `code`, which refuses what is no status, though an upstream says it.
  reply.raw.statusCode = head.status;
  void reply.send(stream);
}

/** Where the body itself is what is sent. */
function passTrailers(response: ServerResponse, stream: Readable, body: Body): void {
  let isSent = false;
  response.on('pipe', (source) => {
    if (source === stream) isSent = true;
  });
  // Before the pipe's own listener, which ends the answer.
  stream.once('end', () => {
    if (isSent && body.trailers !== undefined) {
      // Of a body without a byte: a head that goes out with the end leaves no room for them.
      if (!response.headersSent) response.flushHeaders();
      response.addTrailers(relayedTrailers(body.trailers));
    }
  });
}
