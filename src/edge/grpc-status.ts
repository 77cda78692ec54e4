/**
 * The gateway's errors as gRPC clients see them. They look for a status in the trailers, and take a problem
 * document for a broken connection: HTTP 200, no message, and `grpc-status` with `grpc-message`.
 */
import type { IncomingMessage } from 'node:http';
import { ERRORS, type ErrorCode, type GatewayError } from '../core/errors.ts';
import { isGrpc } from '../core/grpc-type.ts';
import { problem } from './problem.ts';

/** Names as in grpc/grpc, doc/statuscodes.md. */
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/**
 * Unavailable is what clients may try again. A cut answer is unavailable too, which is what clients make of a
 * connection that they lose.
 */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  GW_REQUEST_INVALID: INVALID_ARGUMENT,
  GW_IDEMPOTENCY_KEY: INVALID_ARGUMENT,
  GW_OPERATION_UNKNOWN: INVALID_ARGUMENT,
  GW_TOKEN_MISSING: UNAUTHENTICATED,
  GW_TOKEN_INVALID: UNAUTHENTICATED,
  GW_SCOPE_INSUFFICIENT: PERMISSION_DENIED,
  GW_ADDRESS_DENIED: PERMISSION_DENIED,
  GW_ORIGIN_DENIED: PERMISSION_DENIED,
  GW_ROUTE_NOT_FOUND: UNIMPLEMENTED,
  GW_OPERATION_NOT_FOUND: NOT_FOUND,
  GW_METHOD_NOT_ALLOWED: UNIMPLEMENTED,
  GW_NOT_ACCEPTABLE: INVALID_ARGUMENT,
  GW_REQUEST_TIMEOUT: DEADLINE_EXCEEDED,
  GW_OPERATION_STATE: FAILED_PRECONDITION,
  GW_OPERATION_FAILED: FAILED_PRECONDITION,
  GW_IDEMPOTENCY_RUNNING: FAILED_PRECONDITION,
  GW_IDEMPOTENCY_UNKNOWN: FAILED_PRECONDITION,
  GW_GONE: UNIMPLEMENTED,
  GW_BODY_TOO_LARGE: RESOURCE_EXHAUSTED,
  GW_URI_TOO_LONG: RESOURCE_EXHAUSTED,
  GW_MEDIA_TYPE: INVALID_ARGUMENT,
  GW_EXPECTATION: INVALID_ARGUMENT,
  GW_IDEMPOTENCY_MISMATCH: INVALID_ARGUMENT,
  GW_RATE_LIMITED: RESOURCE_EXHAUSTED,
  GW_QUOTA_EXCEEDED: RESOURCE_EXHAUSTED,
  GW_HEADERS_TOO_LARGE: RESOURCE_EXHAUSTED,
  GW_CLIENT_CLOSED: CANCELLED,
  GW_INTERNAL: INTERNAL,
  GW_REQUEST_OVER: INTERNAL,
  GW_METHOD_UNSUPPORTED: UNIMPLEMENTED,
  GW_UPSTREAM_CONNECT: UNAVAILABLE,
  GW_UPSTREAM_RESET: UNAVAILABLE,
  GW_UPSTREAM_PROTOCOL: INTERNAL,
  GW_UPSTREAM_INVALID: INTERNAL,
  GW_UPSTREAM_HEADERS: INTERNAL,
  GW_BODY_TRUNCATED: UNAVAILABLE,
  GW_OVERLOADED: UNAVAILABLE,
  GW_TOO_MANY_STREAMS: UNAVAILABLE,
  GW_CONSUMER_STREAMS: RESOURCE_EXHAUSTED,
  GW_BULKHEAD_FULL: UNAVAILABLE,
  GW_CIRCUIT_OPEN: UNAVAILABLE,
  GW_NO_TARGET: UNAVAILABLE,
  GW_SHUTTING_DOWN: UNAVAILABLE,
  GW_STREAM_ENDED: UNAVAILABLE,
  GW_DEPENDENCY_DOWN: UNAVAILABLE,
  GW_UPSTREAM_TIMEOUT: DEADLINE_EXCEEDED,
  GW_DEADLINE_EXCEEDED: DEADLINE_EXCEEDED,
  GW_CLIENT_DEADLINE: DEADLINE_EXCEEDED,
  GW_CONFIG_INVALID: INTERNAL,
};

/** The status of gRPC for an error of the gateway, 1 to 16. */
export const grpcStatusOf = (code: ErrorCode): number => STATUSES[code];

/** An answer without a message: the head and the trailers. */
export interface GrpcAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
}

/** Does this client read trailers and nothing else? gRPC needs HTTP/2; gRPC-Web is not meant. */
export const wantsGrpc = ({ httpVersionMajor, headers }: IncomingMessage): boolean =>
  httpVersionMajor === 2 && isGrpc(headers['content-type']);

/** The answer for `error`; clients refer to it by `requestId`. */
export function grpcAnswer(error: GatewayError, requestId: string): GrpcAnswer {
  const { 'retry-after': _retry, ...headers } = problem(error, requestId).headers;
  return {
    headers: { ...headers, 'content-type': 'application/grpc' },
    trailers: grpcTrailers(error, requestId),
  };
}

/** Ends a call with `error`, also one whose answer has begun. */
export function grpcTrailers(
  { code, message, options }: GatewayError,
  requestId: string,
): Record<string, string> {
  const { title } = ERRORS[code];
  const { retryAfterMs } = options;
  return {
    'grpc-status': `${STATUSES[code]}`,
    // A bug of ours is described in the log, not to the client.
    'grpc-message': encoded(code === 'GW_INTERNAL' ? title : `${title}: ${message}`),
    // Clients look for metadata here, because there was no message.
    'x-request-id': requestId,
    // A server's word to clients on when to try again (gRFC A6).
    ...(retryAfterMs === undefined
      ? {}
      : { 'grpc-retry-pushback-ms': `${Math.ceil(retryAfterMs)}` }),
  };
}

/** Percent-encoding of gRPC over HTTP/2: everything but printable ASCII, and `%` itself. */
const encoded = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(
      /[^ -$&-~]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
