/**
 * The circuit of one upstream: closed, open, or half-open while probes try it.
 *
 * cockatiel keeps the states; this adds what a gateway needs: outcomes are reported at the
 * response head, probes are bounded and all other calls are shed at once, a probe whose client disconnects
 * is void, and results from an earlier epoch of the circuit are dropped.
 */
import {
  CircuitState,
  type CircuitBreakerPolicy,
  circuitBreaker,
  type IBreaker,
  handleWhen,
} from 'cockatiel';
import { type Clock, systemClock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { describeFailure } from './failure.ts';
import { OpenTime } from './open-time.ts';
import {
  type CircuitGate,
  ClosedPermit,
  NotCounted,
  type Permit,
  type Place,
  ProbePermit,
  UNCOUNTED,
} from './permit.ts';

export interface CircuitOptions {
  /** Decides when failures are too many. */
  readonly breaker: IBreaker;
  /** First open time; doubles with each failed probe, up to ten times as long. */
  readonly openMs: number;
  /** Calls let through a half-open circuit. */
  readonly probes: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export type CircuitName = 'closed' | 'half-open' | 'open' | 'forced-open' | 'forced-closed';

/** Why and when a circuit changed its state. */
export interface CircuitChange {
  /** The failure that opened it, or an operator; absent when calls succeed again. */
  readonly why?: string;
  /** How long it stays open before it is probed, in milliseconds. */
  readonly forMs?: number;
  /** How long it was in the previous state, in milliseconds. */
  readonly afterMs: number;
}

/** The state in which an operator holds a circuit. */
export type Forced = 'open' | 'closed';

const NAMES: Readonly<Record<CircuitState, CircuitName>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'forced-open',
};

export class Circuit implements CircuitGate {
  readonly #options: CircuitOptions;
  readonly #clock: Clock;
  readonly #policy: CircuitBreakerPolicy;
  /** Increases with each change of state. */
  #epoch = 0;
  #probes = 0;
  /**
   * The places of void probes: cockatiel still counts those as running, so later probes take them over.
   */
  #vacant: Place[] = [];
  /** When the open time ends, on the clock. */
  #openUntil = 0;
  #heldOpen: { dispose(): void } | undefined;
  #isHeldClosed = false;
  /** When it entered its state, on the clock; `#why` is the reason. */
  #since: number;
  #why: string | undefined;
  #lastFailure: unknown;
  #listeners: ((state: CircuitName, change: CircuitChange) => void)[] = [];

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#since = this.#clock.now();
    this.#policy = circuitBreaker(
      handleWhen((error) => !(error instanceof NotCounted)),
      {
        breaker: options.breaker,
        halfOpenAfter: new OpenTime(
          options,
          (ms) => {
            this.#openUntil = this.#clock.now() + ms;
          },
          () => this.#isOpenTimeOver(),
        ),
        halfOpenSampling: { calls: options.probes, threshold: 0 },
      },
    );
    this.#policy.onStateChange(() => this.#changed());
  }

  get state(): CircuitName {
    return this.#isHeldClosed ? 'forced-closed' : NAMES[this.#policy.state];
  }

  /** How long it has been in its state, in milliseconds. */
  get stateMs(): number {
    return this.#clock.now() - this.#since;
  }

  /** Why it opened; `undefined` while it is closed. */
  get why(): string | undefined {
    return this.#why;
  }

  /** How long it stays open before the next call probes it, in milliseconds; `undefined` while it is not open. */
  get openForMs(): number | undefined {
    return this.state === 'open' ? Math.max(this.#openUntil - this.#clock.now(), 0) : undefined;
  }

  get epoch(): number {
    return this.#epoch;
  }

  onChange(listener: (state: CircuitName, change: CircuitChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Holds the circuit open or closed, whatever happens; `undefined` lets it decide again. */
  force(forced: Forced | undefined): void {
    const wasHeldClosed = this.#isHeldClosed;
    this.#isHeldClosed = forced === 'closed';
    if (forced === 'open') this.#heldOpen ??= this.#policy.isolate();
    else {
      this.#heldOpen?.dispose();
      this.#heldOpen = undefined;
    }
    if (wasHeldClosed !== this.#isHeldClosed) this.#changed();
  }

  /** The state in which it is held; `undefined` if it decides itself. */
  get forced(): Forced | undefined {
    if (this.#isHeldClosed) return 'closed';
    return this.#heldOpen === undefined ? undefined : 'open';
  }

  /** Ends the open time: the next call is a probe. */
  tryNow(): void {
    if (this.#policy.state !== CircuitState.Open) return;
    this.#openUntil = this.#clock.now();
  }

  #isOpenTimeOver(): boolean {
    return this.#clock.now() >= this.#openUntil;
  }

  #changed(): void {
    this.#epoch += 1;
    this.#probes = 0;
    this.#vacant = [];
    const { state } = this;
    const now = this.#clock.now();
    const afterMs = now - this.#since;
    this.#since = now;
    this.#why = this.#reasonFor(state);
    const why = this.#why === undefined ? {} : { why: this.#why };
    const open = state === 'open' ? { forMs: Math.max(this.#openUntil - now, 0) } : {};
    for (const listener of this.#listeners) listener(state, { ...why, ...open, afterMs });
  }

  #reasonFor(state: CircuitName): string | undefined {
    if (state === 'open') return describeFailure(this.#lastFailure);
    if (state === 'half-open') return this.#why;
    return state === 'closed' ? undefined : 'an operator holds it';
  }

  check(): void {
    const { state } = this.#policy;
    if (state === CircuitState.Closed || this.#isHeldClosed) return;
    if (state === CircuitState.Open && this.#isOpenTimeOver()) return;
    if (state === CircuitState.HalfOpen && this.#probes < this.#options.probes) return;
    throw this.refusal();
  }

  /** The error for a shed call. */
  refusal(): GatewayError {
    switch (this.#policy.state) {
      case CircuitState.HalfOpen:
        return refused('it is being probed', 1_000);
      case CircuitState.Isolated:
        return refused('its operator has forced the circuit open', FORCED_RETRY_MS);
      default:
        return refused('it keeps failing', Math.max(this.#openUntil - this.#clock.now(), 1_000));
    }
  }

  enter(): Permit {
    if (this.#isHeldClosed) return UNCOUNTED;
    // While the circuit is closed, outcomes go straight to the counter, without a promise per call.
    if (this.#policy.state === CircuitState.Closed) return new ClosedPermit(this);
    this.check();
    const place = this.#vacant.pop() ?? this.#newPlace();
    if (place === undefined) throw this.refusal();
    this.#probes += 1;
    return new ProbePermit(this, place);
  }

  /** A probe that proved nothing; another call takes its place. */
  vacate(place: Place): void {
    this.#probes -= 1;
    this.#vacant.push(place);
  }

  /** A call succeeded while the circuit was closed. Calls of an earlier epoch no longer count. */
  addSuccess(epoch: number): void {
    if (this.#isClosedSince(epoch)) this.#options.breaker.success(CircuitState.Closed);
  }

  /** A call failed while the circuit was closed, at its head or later. */
  addFailure(error: unknown, epoch: number): void {
    if (!this.#isClosedSince(epoch)) return;
    this.#lastFailure = error;
    this.#policy.execute(() => Promise.reject(error as Error)).catch(() => undefined);
  }

  #isClosedSince(epoch: number): boolean {
    if (this.#isHeldClosed) return false;
    return epoch === this.#epoch && this.#policy.state === CircuitState.Closed;
  }

  /**
   * Relies on cockatiel, which runs the function before its first `await`, or refuses without running it.
   */
  #newPlace(): Place | undefined {
    let place: Place | undefined;
    const run = this.#policy.execute(
      () =>
        new Promise<void>((succeed, fail) => {
          const failed = (error: unknown): void => {
            if (!(error instanceof NotCounted)) this.#lastFailure = error;
            fail(error);
          };
          place = { succeed, fail: failed };
        }),
    );
    run.catch(() => undefined);
    return place;
  }
}

/** `Retry-After` of a circuit that an operator holds open; when that ends is unknown. */
const FORCED_RETRY_MS = 30_000;

const refused = (detail: string, retryAfterMs: number): GatewayError =>
  new GatewayError('GW_CIRCUIT_OPEN', detail, { retryAfterMs });
