/**
 * Sends an answer through Fastify's reply, for routes whose plugins listen to `onSend` or transform the
 * body. This costs a stream, so other routes avoid it.
 *
 * Trailers are sent only with the upstream's own body. After a transform, or with a body that a hook put
 * in its place, they would describe bytes that the client does not get.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Body } from '../core/body.ts';
import type { Through } from '../core/sink.ts';
import { acceptsTrailers } from '../edge/forwarded.ts';
import { mergeReplyHeaders, type ResponseHead } from '../edge/response-head.ts';
import { relayedTrailers } from '../core/headers.ts';

/**
 * Sends an answer of our own that is in memory: hooks get its bytes, as they do for any Fastify answer.
 */
export async function sendWhole(
  reply: FastifyReply,
  head: ResponseHead,
  body: Body,
): Promise<void> {
  const bytes = await body.bytes(Number.POSITIVE_INFINITY);
  setHead(reply, head);
  void reply.send(bytes);
}

/** Streams an answer through; `through` sees the body, if that may last, and its head goes out alone. */
export function sendOnReplyPath(
  reply: FastifyReply,
  head: ResponseHead,
  body: Body,
  through?: Through,
): void {
  setHead(reply, head);
  const stream = body.stream(through);
  // If a hook fails or replaces the body, nobody else listens to this one, or ends it.
  stream.on('error', () => undefined);
  reply.raw.once('close', () => stream.destroy());
  if (acceptsTrailers(reply.request.raw.headers)) passTrailers(reply.raw, stream, body);
  // Fastify has set the head by then, and Node would keep it until the first byte.
  if (through !== undefined) reply.raw.once('pipe', () => reply.raw.flushHeaders());
  void reply.send(stream);
}

function setHead(reply: FastifyReply, { status, headers }: ResponseHead): void {
  mergeReplyHeaders(reply, headers);
  // A hook may still replace the body by one with a length, which must not have this field.
  delete headers['trailer'];
  for (const name in headers) {
    // Fastify would append to Set-Cookie, but everything has been merged already.
    reply.removeHeader(name);
    reply.header(name, headers[name]);
  }
  // Not through `code`, which refuses statuses that upstreams do send.
  reply.raw.statusCode = status;
}

/** Sends the body's trailers, if that body is what is sent. */
function passTrailers(response: ServerResponse, stream: Readable, body: Body): void {
  let isSent = false;
  response.on('pipe', (source) => {
    if (source === stream) isSent = true;
  });
  // Runs before the pipe's own listener, which ends the answer.
  stream.once('end', () => {
    if (isSent && body.trailers !== undefined) {
      // After an empty body, the head would go out together with the end and leave no room for trailers.
      if (!response.headersSent) response.flushHeaders();
      response.addTrailers(relayedTrailers(body.trailers));
    }
  });
}
