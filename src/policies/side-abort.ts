/**
 * Takes a side of a split out when its calls fail or are slow too often: its weight becomes 0, and stays so until
 * somebody hands it back.
 *
 * It counts like a circuit, and uses the guard of one. But it counts whole calls, retries included, as clients see
 * them; it refuses none, because it is asked only after a side was chosen; and it never closes by itself.
 */
import type { Clock } from '../core/clock.ts';
import { isGatewayError } from '../core/errors.ts';
import type { Headers } from '../core/headers.ts';
import type { Guard } from '../core/sender.ts';
import { LocalWindow, type Window } from '../core/shared/window.ts';
import { streamKind } from '../core/stream-type.ts';
import { FAILURE_KINDS } from '../config/schema/guards.ts';
import { breaker } from './breaker.ts';
import { type FailureJudge, failureJudge, TOO_SLOW } from './failure.ts';
import type { Permit } from './permit.ts';

export interface AbortConfig {
  /** More than this share of the calls failed, 0 to 1; absent: failures alone take nothing out. */
  readonly errors?: number;
  /** More than 5 % of the calls took longer than this to their response head, or failed: their 95th percentile. */
  readonly latencyMs?: number;
  /** Calls in the window before anything is judged. */
  readonly minimum: number;
  readonly windowMs: number;
}

/** The share of calls that may be slower than `latencyMs`. */
const SLOW_SHARE = 0.05;

/** Why a side is out, and since when. */
export interface SideAbort {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: string;
}

/** Whether a side is out: outlives generations, and belongs to the route and the side by their names. */
export class SideState {
  #abort: SideAbort | undefined;
  /** Increases when it is handed back: what happened before counts no more. */
  #epoch = 0;

  get abort(): SideAbort | undefined {
    return this.#abort;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** @returns false if it was out before: it stays out for the reason that it has */
  takeOut(abort: SideAbort): boolean {
    if (this.#abort !== undefined) return false;
    this.#abort = abort;
    return true;
  }

  handBack(): void {
    this.#abort = undefined;
    this.#epoch += 1;
  }
}

/** What happened to the calls of a side in its window. */
export class SideWindow {
  readonly failed: Window;
  /** Those that failed are among them. */
  readonly slow: Window;
  /** Of the {@link SideState} that it was counted in. */
  #epoch = 0;

  constructor(windowMs: number) {
    this.failed = new LocalWindow(windowMs);
    this.slow = new LocalWindow(windowMs);
  }

  add(epoch: number, isFailed: boolean, isSlow: boolean, now: number): void {
    if (epoch !== this.#epoch) {
      this.failed.reset();
      this.slow.reset();
      this.#epoch = epoch;
    }
    this.failed.add(isFailed, now);
    this.slow.add(isSlow, now);
  }
}

export interface SideAbortOptions {
  readonly config: AbortConfig;
  readonly state: SideState;
  readonly window: SideWindow;
  readonly clock: Clock;
  /** Told the reason once the side is to be taken out; it may be out already. */
  readonly onAbort: (why: string) => void;
}

/** Counts the calls of a side; see {@link breaker} for when a call is counted. */
export const sideAbort = (options: SideAbortOptions): Guard =>
  breaker({
    circuit: { check: () => undefined, enter: () => new SidePermit(options) },
    judge: JUDGE,
    slowMs: options.config.latencyMs,
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
  readonly #options: SideAbortOptions;
  readonly #epoch: number;

  constructor(options: SideAbortOptions) {
    this.#options = options;
    this.#epoch = options.state.epoch;
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
    const { config, state, window, clock, onAbort } = this.#options;
    if (this.#epoch !== state.epoch) return;
    const now = clock.now();
    window.add(this.#epoch, isFailed, isSlow, now);
    const why = isSlow ? reasonIn(window, config, now) : undefined;
    if (why !== undefined) onAbort(why);
  }
}

/** In words for operators; `undefined` while it may stay. */
function reasonIn(window: SideWindow, config: AbortConfig, now: number): string | undefined {
  const { errors, latencyMs, minimum, windowMs } = config;
  const { calls, failures } = window.failed.sum(now);
  if (calls < minimum) return undefined;
  const span = `${calls} calls in ${windowMs / 1_000} s`;
  if (errors !== undefined && failures / calls > errors) return `${failures} of ${span} failed`;
  if (latencyMs === undefined) return undefined;
  const { failures: slow } = window.slow.sum(now);
  return slow / calls > SLOW_SHARE
    ? `${slow} of ${span} failed or took longer than ${latencyMs} ms`
    : undefined;
}
