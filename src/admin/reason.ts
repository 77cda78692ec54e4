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
  if (reason === undefined && caller.headers.origin !== undefined) return MISSING;
  const by = readReason(reason, caller);
  return typeof by === 'string' ? by : { body: reason === undefined ? written : body, by };
}

/** @returns what is wrong with `reason`, if something is */
export function readReason(reason: unknown, { remoteAddress = '' }: AdminCaller): Orderer | string {
  if (reason === undefined) return { address: remoteAddress };
  if (typeof reason !== 'string' || !FIT.test(reason) || reason.trim() === '') return UNFIT;
  return { address: remoteAddress, reason };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
