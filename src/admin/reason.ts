/**
 * Who orders a change of the gateway's state, and why: for the log.
 *
 * A reason is optional for programs. A web page must give one: it is open for hours, and a click is made sooner than a
 * command is written.
 */
import type { AdminCaller } from './guard.ts';

export interface Orderer {
  readonly address: string;
  readonly reason?: string;
}

/** An order without its reason. */
export interface Order {
  readonly body: unknown;
  readonly by: Orderer;
}

export const LONGEST_REASON = 200;
const FIT = new RegExp(`^[^\\p{Cc}\\p{Zl}\\p{Zp}]{1,${LONGEST_REASON}}$`, 'u');

const UNFIT = `"reason" must be a text of 1 to ${LONGEST_REASON} characters, without control characters`;
const MISSING = 'a web page must give a "reason"';

/** @returns what is wrong with it, if something is */
export function readOrder(written: unknown, caller: AdminCaller): Order | string {
  const { reason, ...body } = isObject(written) ? written : { reason: undefined };
  const address = caller.remoteAddress ?? '';
  if (reason === undefined) {
    if (caller.headers.origin !== undefined) return MISSING;
    return { body: written, by: { address } };
  }
  if (typeof reason !== 'string' || !FIT.test(reason) || reason.trim() === '') return UNFIT;
  return { body, by: { address, reason } };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
