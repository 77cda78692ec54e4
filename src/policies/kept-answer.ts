/**
 * Keeps a failed answer while a retry or a fallback is tried, if it is short and arrives at once. The
 * client gets it if the next call is refused.
 *
 * A kept body has no reader yet, so it can be read later like any other.
 */
import type { Body } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';

/** How long to wait for the rest of a failed answer. */
const PATIENCE_MS = 100;

/** Codes with which the gateway itself refuses a call; they say nothing about the upstream's answer. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'GW_BULKHEAD_FULL',
  'GW_CIRCUIT_OPEN',
  'GW_NO_TARGET',
  'GW_OVERLOADED',
  'GW_TOO_MANY_STREAMS',
]);

/** Was this call refused, so that nothing was sent? */
export const isRefusal = (error: unknown): boolean =>
  isGatewayError(error) && REFUSALS.has(error.code);

/**
 * Waits until `body` has ended, so that its slot and its connection are free while it is kept. `false` if
 * it is too long to hold or does not arrive in time; it then stays open.
 */
export function endsSoon(body: Body, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(PATIENCE_MS, () => resolve(false));
    body.onHeld((hasEnded) => {
      clock.cancel(timer);
      resolve(hasEnded);
    });
  });
}
