/**
 * One piece of a composed answer: what it asks for, how long it may take, and why it may be missing.
 *
 * Aggregates and BFFs both have parts; part-run.ts runs them.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import {
  type ErrorCode,
  GatewayError,
  type GatewayErrorOptions,
  toGatewayError,
} from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import type { PartAnswer } from './part-answer.ts';
import type { ErrorDetail } from './part-error.ts';

export interface PartRequest {
  /** The name used in messages. */
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  readonly headers: MutableHeaders;
  readonly body: UpstreamRequest['body'];
  readonly time: PartTime;
  readonly maxBodyBytes: number;
  readonly answer: PartAnswer;
}

/**
 * The fields of every part, whatever the client accepts: the gateway reads the part itself, and decoding costs more
 * than asking for no coding.
 */
export const ASKED_FOR = { accept: 'application/json', 'accept-encoding': 'identity' };

/** How long a part may take, to the end of its body. */
export interface PartTime {
  /** The error if it takes longer. */
  readonly code: 'GW_UPSTREAM_TIMEOUT' | 'GW_DEADLINE_EXCEEDED';
  now(): number;
  /** Starts the time after which `bound` expires. */
  begin(bound: Timeout): void;
}

/** The time limit of parts with the same `timeout`; without one, it is the deadline. */
export function partTime(
  timeoutMs: number | undefined,
  deadlineMs: number,
  clock: Clock,
): PartTime {
  const timeouts = new Timeouts(timeoutMs ?? deadlineMs, clock);
  return {
    code: timeoutMs === undefined ? 'GW_DEADLINE_EXCEEDED' : 'GW_UPSTREAM_TIMEOUT',
    now: () => clock.now(),
    begin: (bound) => timeouts.begin(bound),
  };
}

/** The upstream answered, but not with a 2xx. */
export class PartStatusError extends GatewayError {
  /** The upstream's status. */
  readonly status: number;
  /** What was kept of the answer; absent unless the part asks for it. */
  readonly detail: ErrorDetail | undefined;

  constructor(name: string, status: number, detail?: ErrorDetail) {
    const notFound = status === 404;
    super(
      notFound ? 'GW_ROUTE_NOT_FOUND' : 'GW_UPSTREAM_INVALID',
      notFound ? `${name} was not found` : `${name} could not be fetched (status ${status})`,
    );
    this.status = status;
    this.detail = detail;
  }
}

/** A part that cannot come, for a reason that no code tells. */
export class PartReasonError extends GatewayError {
  /** As `Gateway-Degraded` names it. */
  readonly reason: string;

  constructor(reason: string, detail: string, options: GatewayErrorOptions = {}) {
    super('GW_UPSTREAM_INVALID', detail, options);
    this.reason = reason;
  }
}

/**
 * The status with which the upstream of a failed part answered, such as 409; `undefined` for any other
 * error, for example a timeout.
 */
export const partStatus = (error: unknown): number | undefined =>
  error instanceof PartStatusError ? error.status : undefined;

/** Why a part is missing, as one word for `Gateway-Degraded`. */
export function degradedReason(error: unknown): string {
  if (error instanceof PartStatusError) {
    return error.status === 404 ? 'not-found' : `status-${error.status}`;
  }
  if (error instanceof PartReasonError) return error.reason;
  return REASONS[toGatewayError(error).code] ?? 'error';
}

const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  GW_UPSTREAM_TIMEOUT: 'timeout',
  GW_DEADLINE_EXCEEDED: 'timeout',
  GW_CIRCUIT_OPEN: 'circuit-open',
  GW_BULKHEAD_FULL: 'overloaded',
  GW_UPSTREAM_CONNECT: 'unreachable',
  GW_UPSTREAM_RESET: 'unreachable',
  GW_NO_TARGET: 'unreachable',
  GW_UPSTREAM_PROTOCOL: 'invalid',
  GW_UPSTREAM_HEADERS: 'invalid',
  GW_UPSTREAM_INVALID: 'invalid',
  GW_BODY_TRUNCATED: 'invalid',
  GW_REQUEST_INVALID: 'invalid',
};
