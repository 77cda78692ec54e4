/** One origin of an upstream: its sockets, and its current state. */
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { TargetConfig } from '../config/build/config.ts';

/** The least share of a target that warms up: enough to warm it. */
const LEAST_SHARE = 0.1;
/** Exchanges that one failure stands for, when loads are compared; halves every other second. */
const PENALTY = 5;
const PENALTY_HALF_LIFE_MS = 2_000;

/** Where a target is, and by which name it is called. */
export interface TargetName {
  readonly origin: string;
  readonly host?: string | undefined;
}

export interface TargetOptions {
  readonly clock: Clock;
  /** Absent: it takes its full share at once. */
  readonly slowStartMs?: number | undefined;
  /** Told how each attempt ended, where that says something of the target. */
  readonly onOutcome?: (target: Target, failed: boolean) => void;
}

export class Target {
  readonly origin: string;
  /** Authority to send as `Host`, where the origin is a mere address. */
  readonly host: string | undefined;
  /** Its sockets; others take their place where the way to it changes. */
  dispatcher: Dispatcher;
  weight: number;
  /** Lower ones take all calls while one of them is available. */
  priority: number;
  /** Open exchanges. */
  inflight = 0;
  /** Requests that wait for a connection; undici lets go of one that was given up only when it has one. */
  waiting = 0;
  /** On the clock: when something was sent to it last. */
  sentAt = Number.NEGATIVE_INFINITY;
  /** By active checks; true until one says otherwise. */
  isHealthy = true;
  /** Left out for a while, by what its traffic showed. */
  isEjected = false;
  /** Absent: it takes its full share at once. */
  slowStartMs: number | undefined;
  readonly #options: TargetOptions;
  /** While it warms up: when it is warm, and how long that takes in all. */
  #warmAt: number | undefined;
  #warmMs = 0;
  #penalty = 0;
  #penaltyAt = 0;

  constructor(config: TargetConfig, dispatcher: Dispatcher, options: TargetOptions) {
    this.origin = config.origin;
    this.host = config.host;
    this.weight = config.weight;
    this.priority = config.priority ?? 0;
    this.dispatcher = dispatcher;
    this.slowStartMs = options.slowStartMs;
    this.#options = options;
  }

  get isAvailable(): boolean {
    return this.isHealthy && !this.isEjected;
  }

  /** It is new, or back: it takes its full share only after `slowStart`. */
  warmUp(): void {
    const { slowStartMs } = this;
    if (slowStartMs === undefined) return;
    this.#warmMs = slowStartMs;
    this.#warmAt = this.#options.clock.now() + slowStartMs;
  }

  /** What it takes now, against the others. */
  get share(): number {
    if (this.#warmAt === undefined) return this.weight;
    const left = this.#warmAt - this.#options.clock.now();
    if (left > 0) return this.weight * Math.max(1 - left / this.#warmMs, LEAST_SHARE);
    this.#warmAt = undefined;
    return this.weight;
  }

  /** Exchanges open now; a target that just failed seems busier than it is. */
  get load(): number {
    return this.inflight + this.#remainingPenalty();
  }

  /** An attempt has ended in a way that says something of the target. */
  report(failed: boolean): void {
    // Who fails fast is idle, and would attract the next call.
    if (failed) {
      this.#penalty = this.#remainingPenalty() + PENALTY;
      this.#penaltyAt = this.#options.clock.now();
    }
    this.#options.onOutcome?.(this, failed);
  }

  #remainingPenalty(): number {
    if (this.#penalty === 0) return 0;
    const age = this.#options.clock.now() - this.#penaltyAt;
    const left = this.#penalty * 2 ** (-age / PENALTY_HALF_LIFE_MS);
    if (left < 0.5) this.#penalty = 0;
    return this.#penalty === 0 ? 0 : left;
  }
}
