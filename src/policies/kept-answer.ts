/**
 * What becomes of an answer that failed while something better is tried: it is kept where it is short
 * and here at once, since the client still gets it if the next call is not let through.
 *
 * A kept body is not taken: whoever gets it in the end reads it as any other.
 */
import type { Body } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';

/** How long the rest of a failed answer is waited for. */
const PATIENCE_MS = 100;

/** With these a call was turned away on our side: they say nothing of what the upstream would do. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'GW_BULKHEAD_FULL',
  'GW_CIRCUIT_OPEN',
  'GW_NO_TARGET',
  'GW_OVERLOADED',
]);

/** Was this call not let through, so that nothing was sent? */
export const isRefusal = (error: unknown): boolean =>
  isGatewayError(error) && REFUSALS.has(error.code);

/**
 * Waits until `body` has ended, so that its slot and its connection are free while it is kept; `false`
 * where it is longer than may be held, or not here in time, and goes on.
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
