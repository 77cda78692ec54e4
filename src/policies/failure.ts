/** What counts as a failure of an upstream: transport errors, timeouts, and statuses. */
import type { FailureKind } from '../config/build/config.ts';
import { causeOf } from '../core/cause.ts';
import { saysFault } from '../core/grpc-outcome.ts';
import type { Headers } from '../core/headers.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';

/** A status that counts as a failure. It is never thrown, so it needs no stack. */
export interface FailedStatus {
  readonly status: number;
  /** Where gRPC tells the outcome. */
  readonly grpcStatus?: string | undefined;
}

/** An answer that counts as a failure because it took too long. */
export const TOO_SLOW = { isSlow: true } as const;

/**
 * Describes a failure for the log and the status page: `status 503`, `GW_UPSTREAM_CONNECT
 * (ECONNREFUSED)`.
 */
export function describeFailure(failure: unknown): string {
  if (failure === TOO_SLOW) return 'too slow';
  if (!isGatewayError(failure)) {
    const { status, grpcStatus } = (failure ?? {}) as Partial<FailedStatus>;
    if (grpcStatus !== undefined) return `gRPC status ${grpcStatus}`;
    return status === undefined ? 'a failure' : `status ${status}`;
  }
  const cause = causeOf(failure);
  return cause === undefined ? failure.code : `${failure.code} (${cause})`;
}

export interface FailureJudge {
  /** By its head, which for a gRPC call that failed at once has the outcome. */
  answer(status: number, headers: Headers): boolean;
  /** By the trailers of an answer that has ended, as gRPC has them. */
  trailers(trailers: Headers | undefined): boolean;
  error(error: unknown): boolean;
}

/** Codes that blame the upstream, with the config's word for each. */
const KINDS: Readonly<Partial<Record<ErrorCode, FailureKind>>> = {
  GW_UPSTREAM_CONNECT: 'connect',
  GW_UPSTREAM_RESET: 'reset',
  GW_UPSTREAM_TIMEOUT: 'timeout',
  GW_DEADLINE_EXCEEDED: 'timeout',
  GW_UPSTREAM_PROTOCOL: 'invalid',
  GW_UPSTREAM_INVALID: 'invalid',
  GW_BODY_TRUNCATED: 'cut',
};

/** A judge that counts the given `kinds`. */
export function failureJudge(kinds: readonly FailureKind[]): FailureJudge {
  const counted = new Set(kinds);
  const any5xx = counted.has('5xx');
  return {
    answer: (status, headers) => (any5xx && isFailedHead(status, headers)) || counted.has(status),
    trailers: (trailers) => any5xx && saysFault(trailers),
    error: (error) => {
      const kind = isGatewayError(error) ? KINDS[error.code] : undefined;
      return kind !== undefined && counted.has(kind);
    },
  };
}

/** A server's fault, as HTTP or gRPC has it. */
export const isFailedHead = (status: number, headers: Headers): boolean =>
  isServerFault(status) || (headers['grpc-status'] !== undefined && saysFault(headers));

/** An answer that failed, by the status that tells it. */
export function failedAnswer(status: number, { 'grpc-status': code }: Headers): FailedStatus {
  return typeof code === 'string' && !isServerFault(status)
    ? { status, grpcStatus: code }
    : { status };
}

/** 501 and 505 are about the request, not the upstream's health. */
export function isServerFault(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}
