/**
 * Stops calling an upstream that keeps failing, and tries it carefully before it is called again.
 *
 * Two places in the chain, one circuit: `shedder` stands before the bulkhead, so that an open
 * circuit takes no slot; `breaker` stands behind it, asks again once the slot is there, and counts.
 */
import type { Policy, UpstreamResponse } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Circuit } from './circuit.ts';
import type { FailureJudge } from './failure.ts';

export interface BreakerOptions {
  readonly circuit: Circuit;
  /** What counts as a failure. */
  readonly judge: FailureJudge;
  /** Heads that take this long count too; absent: none does. */
  readonly slowMs?: number | undefined;
  readonly clock: Clock;
}

/** What the circuit is told of an answer; made once, since nobody reads it. */
const FAILED_STATUS = new Error('the status counts as a failure');
const TOO_SLOW = new Error('the answer took too long');

/** Sends a call away before it waits for a slot. @throws GW_CIRCUIT_OPEN */
export function shedder(circuit: Circuit): Policy {
  return (next) =>
    function shed(request) {
      try {
        circuit.check();
      } catch (error) {
        return Promise.reject(error);
      }
      return next(request);
    };
}

/** Counts what becomes of a call. @throws GW_CIRCUIT_OPEN */
export function breaker(options: BreakerOptions): Policy {
  const { circuit, judge, slowMs = Number.POSITIVE_INFINITY, clock } = options;
  const isTimed = slowMs !== Number.POSITIVE_INFINITY;
  return (next) =>
    async function counted(request) {
      const permit = circuit.enter();
      const { epoch } = circuit;
      const startedAt = isTimed ? clock.now() : 0;
      let response: UpstreamResponse;
      try {
        response = await next(request);
      } catch (error) {
        if (judge.error(error)) permit.fail(error);
        else permit.forget();
        throw error;
      }
      if (judge.status(response.status)) permit.fail(FAILED_STATUS);
      else if (isTimed && clock.now() - startedAt >= slowMs) permit.fail(TOO_SLOW);
      else {
        permit.succeed();
        countCutBody(options, response, epoch);
      }
      return response;
    };
}

/** Success was told at the head; a body that is cut later is one failure more. */
function countCutBody(
  { circuit, judge }: BreakerOptions,
  { body }: UpstreamResponse,
  epoch: number,
): void {
  body.onClose((error) => {
    if (judge.error(error)) circuit.addFailure(error, epoch);
  });
}
