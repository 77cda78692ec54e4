/**
 * Stops calling an upstream that keeps failing, and tries it carefully before it is called again.
 *
 * Two places in the chain, one circuit: `shedder` stands before the bulkhead, so that an open
 * circuit takes no slot; `breaker` stands behind it, asks again once the slot is there, and counts.
 */
import type { Policy, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import type { Guard, Receiver } from '../core/guard.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';
import { type FailureJudge, TOO_SLOW } from './failure.ts';
import type { CircuitGate, Permit } from './permit.ts';

export interface BreakerOptions {
  readonly circuit: CircuitGate;
  /** What counts as a failure. */
  readonly judge: FailureJudge;
  /** Heads that take this long count too; absent: none does. */
  readonly slowMs?: number | undefined;
  /** A probe whose request takes longer to send than this gives its place to another. */
  readonly probeMs: number;
  readonly clock: Clock;
}

/** Sends a call away before it waits for a slot. @throws GW_CIRCUIT_OPEN */
export function shedder(circuit: CircuitGate): Policy {
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

/**
 * Counts each call once: at its head where it has failed by then, else when its body closes, so that an
 * upstream that cuts every body is seen to fail. A probe is decided at its head: a stream must not hold
 * the circuit half-open for as long as it lives.
 *
 * @throws GW_CIRCUIT_OPEN
 */
export function breaker(options: BreakerOptions): Guard {
  const { circuit, slowMs, clock } = options;
  const slow = slowMs === undefined ? undefined : new Timeouts(slowMs, clock);
  return {
    enter(request) {
      const permit = circuit.enter();
      const counted = new CountedAttempt(permit, options);
      if (slow !== undefined) counted.slowness = new Slowness(slow);
      if (permit.isProbe) counted.patience = boundUpload(request, permit, options);
      return counted;
    },
  };
}

class CountedAttempt implements Receiver {
  readonly #permit: Permit;
  readonly #options: BreakerOptions;
  slowness: Slowness | undefined;
  /** With a probe whose request is on its way. */
  patience: Timer | undefined;

  constructor(permit: Permit, options: BreakerOptions) {
    this.#permit = permit;
    this.#options = options;
  }

  answered({ status, body }: UpstreamResponse): void {
    this.#stop();
    const permit = this.#permit;
    if (this.#options.judge.status(status)) permit.fail({ status });
    else if (this.slowness?.isSlow === true) permit.fail(TOO_SLOW);
    else if (permit.isProbe) permit.succeed();
    else
      body.onClose((error) => {
        if (this.#options.judge.error(error)) permit.fail(error);
        else permit.succeed();
      });
  }

  failed(error: unknown): void {
    this.#stop();
    if (this.#options.judge.error(error)) this.#permit.fail(error);
    else this.#permit.forget();
  }

  #stop(): void {
    this.slowness?.stop();
    if (this.patience !== undefined) this.#options.clock.cancel(this.patience);
  }
}

/** A timer, and no difference of times: only that knows whether it was the gateway that stood still. */
class Slowness {
  isSlow = false;
  readonly #timeout: Timeout;

  constructor(timeouts: Timeouts) {
    this.#timeout = timeouts.start(() => {
      this.isSlow = true;
    });
  }

  stop(): void {
    this.#timeout.stop();
  }
}

/** A client that sends slowly keeps no timeout waiting, but nobody else may try meanwhile. */
function boundUpload(
  { body }: UpstreamRequest,
  permit: Permit,
  { clock, probeMs }: BreakerOptions,
): Timer | undefined {
  if (streamed(body)?.isEnded !== false) return undefined;
  return clock.after(probeMs, () => permit.forget());
}
