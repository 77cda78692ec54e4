/** What counts as a failure of an upstream: transport errors, timeouts, and statuses. */
import type { FailureKind } from '../config/build/config.ts';
import { causeOf } from '../core/cause.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';

/** A status that counts as a failure. It is never thrown, so it needs no stack. */
export interface FailedStatus {
  readonly status: number;
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
    const { status } = (failure ?? {}) as Partial<FailedStatus>;
    return status === undefined ? 'a failure' : `status ${status}`;
  }
  const cause = causeOf(failure);
  return cause === undefined ? failure.code : `${failure.code} (${cause})`;
}

export interface FailureJudge {
  status(status: number): boolean;
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
    status: (status) => (any5xx && isServerFault(status)) || counted.has(status),
    error: (error) => {
      const kind = isGatewayError(error) ? KINDS[error.code] : undefined;
      return kind !== undefined && counted.has(kind);
    },
  };
}

/** 501 and 505 are about the request, not the upstream's health. */
export function isServerFault(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}
