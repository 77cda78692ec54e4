/**
 * An answer sent through Fastify's reply: the way for routes whose plugins want `onSend`, or
 * transform the body. Passing one on costs a stream; routes without such plugins do not take this way.
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

/** An answer of ours, all of which is here: hooks get its bytes, as of any other answer of Fastify's. */
export async function sendWhole(
  reply: FastifyReply,
  head: ResponseHead,
  body: Body,
): Promise<void> {
  const bytes = await body.bytes(Number.POSITIVE_INFINITY);
  setHead(reply, head);
  void reply.send(bytes);
}

/** One that is passed on as it comes. */
export function sendOnReplyPath(reply: FastifyReply, head: ResponseHead, body: Body): void {
  setHead(reply, head);
  const stream = body.stream();
  // A hook may put another body in its place, or fail: then nobody else ends this one, or listens.
  stream.on('error', () => undefined);
  reply.raw.once('close', () => stream.destroy());
  if (acceptsTrailers(reply.request.raw.headers)) passTrailers(reply.raw, stream, body);
  void reply.send(stream);
}

function setHead(reply: FastifyReply, { status, headers }: ResponseHead): void {
  mergeReplyHeaders(reply, headers);
  // A hook may yet put a body with a length in its place, which must not have it.
  delete headers['trailer'];
  for (const name in headers) {
    // Fastify appends to Set-Cookie; everything was merged already.
    reply.removeHeader(name);
    reply.header(name, headers[name]);
  }
  // Not by `code`, which refuses what is no status, though an upstream says it.
  reply.raw.statusCode = status;
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
