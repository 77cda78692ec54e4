/**
 * Stops calling an upstream that keeps failing, and tries it carefully before it is called again.
 *
 * Two places in the chain, one circuit: `shedder` stands before the bulkhead, so that an open
 * circuit takes no slot; `breaker` stands behind it, asks again once the slot is there, and counts.
 */
import type { Policy, UpstreamResponse } from '../call.ts';
import { blamesUpstream } from '../errors.ts';
import type { Circuit } from './circuit.ts';

/** What the circuit is told of a 5xx; made once, since nobody reads it. */
const FAILED_STATUS = new Error('the upstream answered 5xx');

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
export function breaker(circuit: Circuit): Policy {
  return (next) =>
    async function counted(request) {
      const permit = circuit.enter();
      const { epoch } = circuit;
      let response: UpstreamResponse;
      try {
        response = await next(request);
      } catch (error) {
        if (blamesUpstream(error)) permit.fail(error);
        else permit.forget();
        throw error;
      }
      if (isFailure(response.status)) permit.fail(FAILED_STATUS);
      else {
        permit.succeed();
        countCutBody(circuit, response, epoch);
      }
      return response;
    };
}

/** Success was told at the head; a body that is cut later is one failure more. */
function countCutBody(circuit: Circuit, { body }: UpstreamResponse, epoch: number): void {
  body.onClose((error) => {
    if (blamesUpstream(error)) circuit.addFailure(error, epoch);
  });
}

/** 501 and 505 speak of the request, not of the upstream's health. */
export function isFailure(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}
