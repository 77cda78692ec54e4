/** What an answer or an error says about the effect of a call. */
import type { ErrorCode } from '../core/errors.ts';
import type { Outcome } from './history.ts';

export interface Answered {
  readonly status: number;
  /** The answer has `Retry-After`. */
  readonly saysWhen: boolean;
}

/**
 * 409 with `Retry-After` is how a server with idempotency keys says that the first call still runs; 408 does not say how much of a
 * request was read.
 */
export function outcomeOfStatus({ status, saysWhen }: Answered): Outcome {
  if (status >= 200 && status < 300) return 'done';
  if (status === 425 || status === 429) return 'notSent';
  if (status >= 500 || status === 408 || (status === 409 && saysWhen)) return 'unknown';
  return 'refused';
}

/** Nothing has left the gateway. */
const NOT_SENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GW_UPSTREAM_CONNECT',
  'GW_CIRCUIT_OPEN',
  'GW_BULKHEAD_FULL',
  'GW_TOO_MANY_STREAMS',
  'GW_NO_TARGET',
  'GW_OVERLOADED',
  'GW_DEPENDENCY_DOWN',
]);

/**
 * @param reached an attempt of the call has got further than dialling: a retry may fail to connect after a first attempt
 *   that was cut
 */
export const outcomeOfError = (code: ErrorCode, reached: boolean): Outcome =>
  !reached && NOT_SENT.has(code) ? 'notSent' : 'unknown';

/** With 404 and 410 there is nothing to undo. */
export function undoOutcome(status: number): 'done' | 'nothing' | 'failed' {
  if (status >= 200 && status < 300) return 'done';
  return status === 404 || status === 410 ? 'nothing' : 'failed';
}
