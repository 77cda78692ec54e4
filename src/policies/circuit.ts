/**
 * The circuit of one upstream: closed, open, or half-open while probes try it.
 *
 * cockatiel keeps the states; what a gateway needs besides stands here: outcomes are told at the
 * response head, probes are bounded and everyone else is shed at once, a probe whose client leaves
 * is void, and what belongs to an earlier epoch of the circuit is dropped.
 */
import {
  CircuitState,
  type CircuitBreakerPolicy,
  circuitBreaker,
  type IBackoff,
  type IBackoffFactory,
  type IBreaker,
  type IHalfOpenAfterBackoffContext,
  handleWhen,
} from 'cockatiel';
import { GatewayError } from '../errors.ts';

export interface CircuitOptions {
  /** Decides when failures are too many. */
  readonly breaker: IBreaker;
  /** First open time; doubles with each failed probe, up to ten times as long. */
  readonly openMs: number;
  /** Calls let through a half-open circuit. */
  readonly probes: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export type CircuitName = 'closed' | 'half-open' | 'open' | 'forced';

/** One call's right to be made; exactly one of its verbs is called, once. */
export interface Permit {
  succeed(): void;
  fail(error: unknown): void;
  /** Says nothing of the upstream: the client left, or we were at fault. */
  forget(): void;
}

/** Not counted while closed; ends a probe without growing the open time. */
class VoidProbe extends Error {}
class NotCounted extends Error {}

const NAMES: Readonly<Record<CircuitState, CircuitName>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'forced',
};

export class Circuit {
  readonly #options: CircuitOptions;
  readonly #policy: CircuitBreakerPolicy;
  /** Grows with each change of state. */
  #epoch = 0;
  #probesTaken = 0;
  #openUntil = 0;
  #listeners: ((state: CircuitName) => void)[] = [];

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#policy = circuitBreaker(
      handleWhen((error) => !(error instanceof NotCounted)),
      {
        breaker: options.breaker,
        halfOpenAfter: new OpenTime(options, (ms) => {
          this.#openUntil = Date.now() + ms;
        }),
        halfOpenSampling: { calls: options.probes, threshold: 0 },
      },
    );
    this.#policy.onStateChange((state) => {
      this.#epoch += 1;
      this.#probesTaken = 0;
      for (const listener of this.#listeners) listener(NAMES[state]);
    });
  }

  get state(): CircuitName {
    return NAMES[this.#policy.state];
  }

  onChange(listener: (state: CircuitName) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Would a call be let through now? Asked before it waits for a slot.
   *
   * @throws GW_CIRCUIT_OPEN
   */
  check(): void {
    const { state } = this.#policy;
    if (state === CircuitState.Closed) return;
    if (state === CircuitState.Open && Date.now() >= this.#openUntil) return;
    if (state === CircuitState.HalfOpen && this.#probesTaken < this.#options.probes) return;
    throw this.refusal();
  }

  /** What a shed call is told. */
  refusal(): GatewayError {
    const probing = this.#policy.state === CircuitState.HalfOpen;
    const retryAfterMs = probing ? 1_000 : Math.max(this.#openUntil - Date.now(), 1_000);
    const detail = probing ? 'it is being tried again' : 'it keeps failing';
    return new GatewayError('GW_CIRCUIT_OPEN', detail, { retryAfterMs });
  }

  /**
   * The right to make one call.
   *
   * @throws GW_CIRCUIT_OPEN
   */
  enter(): Permit {
    this.check();
    let permit: CircuitPermit | undefined;
    // cockatiel runs the function before it first awaits, or rejects without running it.
    const run = this.#policy.execute(() => {
      const probe = this.#policy.state === CircuitState.HalfOpen;
      if (probe) this.#probesTaken += 1;
      return new Promise<void>((resolve, reject) => {
        permit = new CircuitPermit(resolve, reject, probe, this.#epoch, () => this.#epoch);
      });
    });
    run.catch(() => undefined);
    if (permit === undefined) throw this.refusal();
    return permit;
  }

  /** One failure more, for what went wrong after success was told at the head. */
  addFailure(error: unknown, epoch: number): void {
    if (epoch !== this.#epoch || this.#policy.state !== CircuitState.Closed) return;
    this.#policy.execute(() => Promise.reject(error as Error)).catch(() => undefined);
  }

  get epoch(): number {
    return this.#epoch;
  }
}

class CircuitPermit implements Permit {
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #probe: boolean;
  readonly #epoch: number;
  readonly #now: () => number;

  constructor(
    resolve: () => void,
    reject: (error: unknown) => void,
    probe: boolean,
    epoch: number,
    now: () => number,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#probe = probe;
    this.#epoch = epoch;
    this.#now = now;
  }

  succeed(): void {
    if (this.#isCurrent()) this.#resolve();
    else this.#reject(new NotCounted());
  }

  fail(error: unknown): void {
    this.#reject(this.#isCurrent() ? error : new NotCounted());
  }

  forget(): void {
    this.#reject(this.#probe ? new VoidProbe() : new NotCounted());
  }

  #isCurrent(): boolean {
    return this.#epoch === this.#now();
  }
}

/** How long the circuit stays open: doubling, to ten times the first, up to a tenth more by jitter. */
class OpenTime implements IBackoffFactory<IHalfOpenAfterBackoffContext> {
  readonly #options: CircuitOptions;
  readonly #told: (ms: number) => void;
  readonly #failures: number;

  constructor(options: CircuitOptions, told: (ms: number) => void, failures = 0) {
    this.#options = options;
    this.#told = told;
    this.#failures = failures;
  }

  next(context: IHalfOpenAfterBackoffContext): IBackoff<IHalfOpenAfterBackoffContext> {
    const isVoid = 'error' in context.result && context.result.error instanceof VoidProbe;
    const { openMs, random } = this.#options;
    const grown = openMs * Math.min(2 ** this.#failures, 10);
    const duration = isVoid ? 0 : grown * (1 + random() / 10);
    this.#told(duration);
    const later = new OpenTime(this.#options, this.#told, this.#failures + (isVoid ? 0 : 1));
    return { duration, next: (following) => later.next(following) };
  }
}
