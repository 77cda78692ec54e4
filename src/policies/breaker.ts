/**
 * Stops calling an upstream that keeps failing, and probes it before normal calls resume.
 *
 * One circuit has two places in the chain. `shedder` comes before the bulkhead, so that calls to an open
 * circuit take no slot. `breaker` comes after it, checks again once the call has its slot, and counts the
 * outcome.
 */
import type { UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import type { Headers } from '../core/headers.ts';
import type { Guard, GuardReceiver, Layer } from '../core/sender.ts';
import { Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';
import { failedAnswer, type FailureJudge, TOO_SLOW } from './failure.ts';
import type { CircuitGate, Permit } from './permit.ts';

export interface BreakerOptions {
  readonly circuit: CircuitGate;
  /** What counts as a failure. */
  readonly judge: FailureJudge;
  /** A response head that takes this long counts as a failure too; absent: no limit. */
  readonly slowMs?: number | undefined;
  /** A probe whose request body takes longer than this to send gives its place to another call. */
  readonly probeMs: number;
  /** Answers that are counted at their head, however their bodies end; absent: only those of probes. */
  readonly isDecidedAtHead?: (headers: Headers) => boolean;
  readonly clock: Clock;
}

/**
 * Refuses a call before it waits for a slot.
 *
 * @throws GW_CIRCUIT_OPEN
 */
export function shedder(circuit: CircuitGate): Layer {
  return {
    wrap: (next) => ({
      send(request, receiver) {
        circuit.check();
        return next.send(request, receiver);
      },
    }),
  };
}

/**
 * Counts each call once: at its head if it has failed by then, otherwise when its body closes, so that an
 * upstream that cuts every body counts as failing. A probe is decided at its head, so that a long stream
 * does not keep the circuit half-open.
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
      if (slow !== undefined) slow.begin((counted.slowness = new Slowness()));
      if (permit.isProbe) counted.patience = boundUpload(request, permit, options);
      return counted;
    },
  };
}

/** Switching Protocols, RFC 9110 §15.2.2. */
const SWITCHED = 101;

class CountedAttempt implements GuardReceiver {
  readonly #permit: Permit;
  readonly #options: BreakerOptions;
  /** The body decides. */
  #undecided: UpstreamResponse['body'] | undefined;
  slowness: Slowness | undefined;
  /** Set for a probe whose request body is being sent. */
  patience: Timer | undefined;

  constructor(permit: Permit, options: BreakerOptions) {
    this.#permit = permit;
    this.#options = options;
  }

  answered({ status, headers, body }: UpstreamResponse): void {
    this.#stop();
    const permit = this.#permit;
    if (this.#options.judge.answer(status, headers)) permit.fail(failedAnswer(status, headers));
    else if (this.slowness?.isSlow === true) permit.fail(TOO_SLOW);
    // A connection that was upgraded lasts for hours, and says no more about the upstream.
    else if (permit.isProbe || status === SWITCHED || this.#options.isDecidedAtHead?.(headers)) {
      permit.succeed();
    } else this.#undecided = body;
  }

  closed(error: Error | undefined): void {
    if (this.#undecided === undefined) return;
    const { trailers } = this.#undecided;
    const { judge } = this.#options;
    if (judge.error(error)) this.#permit.fail(error);
    else if (trailers !== undefined && judge.trailers(trailers)) {
      this.#permit.fail(failedAnswer(200, trailers));
    } else this.#permit.succeed();
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

/**
 * Uses a timer and not a time difference, because a timer allows for time in which the gateway itself was
 * stopped (see clock.ts).
 */
class Slowness extends Timeout {
  isSlow = false;

  override expire(): void {
    this.isSlow = true;
  }
}

/**
 * The attempt timeout does not run while a client sends its body, so a slow one would keep all other
 * probes waiting.
 */
function boundUpload(
  { body }: UpstreamRequest,
  permit: Permit,
  { clock, probeMs }: BreakerOptions,
): Timer | undefined {
  if (streamed(body)?.isEnded !== false) return undefined;
  return clock.after(probeMs, () => permit.forget());
}
