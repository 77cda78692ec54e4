import type { Policy } from '../../src/core/call.ts';
import { systemClock } from '../../src/core/clock.ts';
import { breaker, type BreakerOptions } from '../../src/policies/breaker.ts';
import { Circuit, type CircuitOptions } from '../../src/policies/circuit.ts';
import { failureJudge } from '../../src/policies/failure.ts';
import { FAILURE_KINDS } from '../../src/config/schema/guards.ts';
import { consecutiveFailures, FailureRatio } from '../../src/policies/failure-window.ts';
import { answering, aRequest, around, codeOf, failure } from './call.ts';
import { pass } from './time.ts';

/** Opens after three failures in a row for 1 s, without jitter; one probe. */
export const circuitOf = (options: Partial<CircuitOptions> = {}): Circuit =>
  new Circuit({
    breaker: consecutiveFailures(3),
    openMs: 1_000,
    probes: 1,
    random: () => 0,
    clock: systemClock,
    ...options,
  });

export const ratioOf = (options: { ratio?: number; minimum?: number; windowMs?: number } = {}) =>
  new FailureRatio({
    ratio: 0.5,
    minimum: 4,
    windowMs: 10_000,
    clock: systemClock,

    ...options,
  });

/** The policy over a circuit; everything counts as a failure that can. */
export const breakerOn = (circuit: Circuit, options: Partial<BreakerOptions> = {}): Policy =>
  around(
    breaker({
      circuit,
      judge: failureJudge(FAILURE_KINDS),
      probeMs: 2_000,
      clock: systemClock,
      ...options,
    }),
  );

/** Opens it, by as many failures as it takes. */
export async function open(circuit: Circuit): Promise<void> {
  const call = breakerOn(circuit)(answering(failure('GW_UPSTREAM_RESET')));
  for (let i = 0; i < 100 && circuit.state !== 'open'; i++) {
    await codeOf(call(aRequest()));
    await pass(0);
  }
}

/** Opens it, and lets its open time pass: the next call is a probe. */
export async function openThenWait(circuit: Circuit, ms = 1_000): Promise<void> {
  await open(circuit);
  await pass(ms);
}
