/**
 * Lets browsers call gRPC services: gRPC-Web comes in over HTTP/1.1 or HTTP/2, and gRPC goes out
 * (grpc/grpc, doc/PROTOCOL-WEB.md). Messages pass as they are; what is not gRPC-Web passes untouched.
 *
 * A policy, not a transform: it has the trailers, and an answer that it changes costs no stream.
 */
import type { FastifyRequest } from 'fastify';
import {
  definePlugin,
  type ErrorAnswer,
  type GatewayError,
  grpcTrailers,
  type Policy,
  type UpstreamRequest,
  z,
} from 'portico';
import { encoded, webAnswer } from './answer.ts';
import { checkRoute } from './check.ts';
import { trailersFrame } from './frames.ts';
import { acceptedType, nameOf, type WebType, webTypeOf } from './media-type.ts';
import { decoded, MessageUpload } from './upload.ts';

export default definePlugin({
  name: 'grpcWeb',
  settings: z.strictObject({}),
  options: z
    .strictObject({})
    .describe(
      'Browsers may call the gRPC services of the upstream, which needs `http2`, as gRPC-Web.',
    ),
  scripts: {
    send: ['content-type', 'x-grpc-web', 'x-user-agent', 'grpc-timeout'],
    read: ['grpc-status', 'grpc-message', 'grpc-status-details-bin'],
  },
  check: (_options, _settings, others, { upstreams, http2 }) =>
    checkRoute(others, { upstreams, http2 }),
  register: () => ({
    route: () => ({ policy: () => translating, isPure: true, errorAnswer: webError }),
  }),
});

const translating: Policy = (next) => (request) => {
  const sent = sentType(request.method, request.headers['content-type']);
  if (sent === undefined) return next(request);
  const wanted = acceptedType(sent, request.headers['accept']);
  return next(asGrpc(request, sent)).then((response) => webAnswer(response, wanted, request.id));
};

/** gRPC knows POST alone. */
const sentType = (method: string, type: unknown): WebType | undefined =>
  method === 'POST' ? webTypeOf(type) : undefined;

function asGrpc(request: UpstreamRequest, { isText, coding }: WebType): UpstreamRequest {
  const {
    accept: _type,
    'accept-encoding': _encoding,
    'content-length': length,
    'x-grpc-web': _web,
    ...headers
  } = request.headers;
  return {
    ...request,
    headers: {
      ...headers,
      ...(length !== undefined && !isText && { 'content-length': length }),
      'content-type': `application/grpc${coding}`,
      te: 'trailers',
    },
    body: messagesOf(request.body, isText),
  };
}

function messagesOf(body: UpstreamRequest['body'], isText: boolean): UpstreamRequest['body'] {
  if (body === undefined) return undefined;
  return body instanceof Uint8Array ? decoded(body, isText) : new MessageUpload(body, isText);
}

/** A call that failed: no message, and the trailers. */
function webError(
  { method, headers, id }: FastifyRequest,
  error: GatewayError,
): ErrorAnswer | undefined {
  const sent = sentType(method, headers['content-type']);
  if (sent === undefined) return undefined;
  const type = acceptedType(sent, headers.accept);
  return {
    status: 200,
    headers: { 'content-type': nameOf(type) },
    body: encoded(trailersFrame(grpcTrailers(error, id)), type),
  };
}
