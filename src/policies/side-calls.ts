/**
 * Counts the calls of a side of a split: whole calls, retries included, as clients see them.
 *
 * It counts like a circuit, and uses the guard of one; but it refuses nothing, because it is asked only after a side was
 * chosen.
 */
import type { Clock } from '../core/clock.ts';
import { isGatewayError } from '../core/errors.ts';
import type { Headers } from '../core/headers.ts';
import type { Guard } from '../core/sender.ts';
import { LocalWindow, type Window, type WindowSum } from '../core/shared/window.ts';
import { streamKind } from '../core/stream-type.ts';
import { FAILURE_KINDS } from '../config/schema/guards.ts';
import { breaker } from './breaker.ts';
import { type FailureJudge, failureJudge, TOO_SLOW } from './failure.ts';
import type { Permit } from './permit.ts';

/** What happened to the calls of a side in a span of time. */
export class SideWindow {
  readonly failed: Window;
  /** Those that failed are among them. */
  readonly slow: Window;
  #epoch = 0;

  constructor(windowMs: number) {
    this.failed = new LocalWindow(windowMs);
    this.slow = new LocalWindow(windowMs);
  }

  /** @param epoch what was counted in another one is forgotten */
  add(epoch: number, isFailed: boolean, isSlow: boolean, now: number): void {
    if (epoch !== this.#epoch) {
      this.failed.reset();
      this.slow.reset();
      this.#epoch = epoch;
    }
    this.failed.add(isFailed, now);
    this.slow.add(isSlow, now);
  }

  /** Of the calls of `epoch`, and how many failed. */
  sum(epoch: number, now: number): WindowSum {
    return epoch === this.#epoch ? this.failed.sum(now) : { calls: 0, failures: 0 };
  }
}

export interface SideCallsOptions {
  readonly windows: readonly SideWindow[];
  /** A call that was made in another epoch than the present one is not counted. */
  readonly epoch: () => number;
  /** A response head that takes longer is slow; absent: only failed calls are. */
  readonly latencyMs?: number | undefined;
  readonly clock: Clock;
  /** Told after each call that failed or was slow. */
  readonly onSlow?: (now: number) => void;
}

/** See {@link breaker} for when a call is counted. */
export const sideCalls = (options: SideCallsOptions): Guard =>
  breaker({
    circuit: { check: () => undefined, enter: () => new SidePermit(options) },
    judge: JUDGE,
    slowMs: options.latencyMs,
    // There are no probes.
    probeMs: 0,
    isDecidedAtHead: goesOn,
    clock: options.clock,
  });

/** What refuses a call for an upstream that failed before: to clients of the side it is one more failure. */
const REFUSALS: ReadonlySet<string> = new Set(['GW_CIRCUIT_OPEN', 'GW_NO_TARGET']);
const FAILURES = failureJudge(FAILURE_KINDS);

const JUDGE: FailureJudge = {
  ...FAILURES,
  error: (error) => FAILURES.error(error) || (isGatewayError(error) && REFUSALS.has(error.code)),
};

/**
 * An event stream may last longer than the window: counted at its end, it would leave those that failed at once alone
 * in there. The outcome of a gRPC call comes last, and most of them are short.
 */
const goesOn = ({ 'content-type': type }: Headers): boolean => {
  const kind = streamKind(type);
  return kind === 'sse' || kind === 'ndjson';
};

class SidePermit implements Permit {
  readonly isProbe = false;
  readonly #options: SideCallsOptions;
  readonly #epoch: number;

  constructor(options: SideCallsOptions) {
    this.#options = options;
    this.#epoch = options.epoch();
  }

  succeed(): void {
    this.#count(false, false);
  }

  fail(why: unknown): void {
    this.#count(why !== TOO_SLOW, true);
  }

  forget(): void {
    // The client left, or the gateway was at fault.
  }

  #count(isFailed: boolean, isSlow: boolean): void {
    const { windows, epoch, clock, onSlow } = this.#options;
    if (this.#epoch !== epoch()) return;
    const now = clock.now();
    for (const window of windows) window.add(this.#epoch, isFailed, isSlow, now);
    if (isSlow) onSlow?.(now);
  }
}
