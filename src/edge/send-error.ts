/** Answers with an error without Fastify, for requests that it has not begun or has handed over. */
import type { ServerResponse } from 'node:http';
import type { GatewayError } from '../core/errors.ts';
import { grpcAnswer, wantsGrpc } from './grpc-status.ts';
import { problem } from './problem.ts';

/** Returns the length of the body. An answer that has begun is cut off. */
export function sendError(
  response: ServerResponse,
  error: GatewayError,
  requestId: string,
): number {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return 0;
  }
  if (wantsGrpc(response.req)) {
    const { headers, trailers } = grpcAnswer(error, requestId);
    response.writeHead(200, headers);
    response.addTrailers(trailers);
    response.end();
    return 0;
  }
  const { status, headers, body } = problem(error, requestId);
  const bytes = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'content-length': bytes });
  response.end(body);
  return bytes;
}
