/** What counts as a failure of an upstream: transport errors, timeouts, and statuses. */
import type { FailureKind } from '../config/build/config.ts';
import { causeOf } from '../core/cause.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';

/** A status that counts as a failure. Thrown by nobody: it needs no stack. */
export interface FailedStatus {
  readonly status: number;
}

/** An answer that counts as a failure, for it took too long. */
export const TOO_SLOW = { isSlow: true } as const;

/** What a failure was, for log and status page: `status 503`, `GW_UPSTREAM_CONNECT (ECONNREFUSED)`. */
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

/** Codes that speak of the upstream, by the word the config has for them. */
const KINDS: Readonly<Partial<Record<ErrorCode, FailureKind>>> = {
  GW_UPSTREAM_CONNECT: 'connect',
  GW_UPSTREAM_RESET: 'reset',
  GW_UPSTREAM_TIMEOUT: 'timeout',
  GW_DEADLINE_EXCEEDED: 'timeout',
  GW_UPSTREAM_PROTOCOL: 'invalid',
  GW_UPSTREAM_INVALID: 'invalid',
  GW_BODY_TRUNCATED: 'cut',
};

/** Judges by the `kinds` that count. */
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

/** 501 and 505 speak of the request, not of the upstream's health. */
export function isServerFault(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}
