/** One origin of an upstream: its sockets, and its current state. */
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { TargetConfig } from '../config/build/config.ts';

/** The least share of a target that warms up. */
const LEAST_SHARE = 0.1;
/** When loads are compared, a failure counts as this many exchanges; it halves every two seconds. */
const PENALTY = 5;
const PENALTY_HALF_LIFE_MS = 2_000;

/** What went wrong last. */
export interface LastFailure {
  /** On the clock. */
  readonly at: number;
  /** In a few words: `status 503`, `GW_UPSTREAM_CONNECT (ECONNREFUSED)`. */
  readonly why: string;
}

/** The location of a target, and the name by which it is called. */
export interface TargetName {
  readonly origin: string;
  readonly host?: string | undefined;
}

export interface TargetOptions {
  readonly clock: Clock;
  /** Absent: it takes its full share at once. */
  readonly slowStartMs?: number | undefined;
  /** Called when an attempt ends in a way that says something about the target. */
  readonly onOutcome?: (target: Target, failed: boolean) => void;
}

export class Target {
  readonly origin: string;
  /** The authority to send as `Host` if the origin is just an address. */
  readonly host: string | undefined;
  /** Its sockets; replaced when the way to reach it changes. */
  dispatcher: Dispatcher;
  weight: number;
  /** The targets with the lowest priority take all calls while one of them is available. */
  priority: number;
  /** Open exchanges. */
  inflight = 0;
  /** Those among them that are streams: they last for hours, and most of the time ask nothing of it. */
  streams = 0;
  /** Requests that wait for a connection. undici drops a cancelled one only once it has a connection. */
  waiting = 0;
  /** When something was last sent to it, on the clock. */
  sentAt = Number.NEGATIVE_INFINITY;
  /** According to active checks; true until one fails. */
  isHealthy = true;
  /** Ejected for a while because its traffic failed. */
  isEjected = false;
  /** Absent: it takes its full share at once. */
  slowStartMs: number | undefined;
  /** Of its traffic or its checks; a later success does not remove it. */
  lastFailure: LastFailure | undefined;
  readonly #options: TargetOptions;
  /** While it warms up: when it will be warm; `#warmMs` is how long that takes in total. */
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

  /** For a target that is new or back: it takes its full share only after `slowStart`. */
  warmUp(): void {
    const { slowStartMs } = this;
    if (slowStartMs === undefined) return;
    this.#warmMs = slowStartMs;
    this.#warmAt = this.#options.clock.now() + slowStartMs;
  }

  /** Its current weight relative to the others. */
  get share(): number {
    if (this.#warmAt === undefined) return this.weight;
    const left = this.#warmAt - this.#options.clock.now();
    if (left > 0) return this.weight * Math.max(1 - left / this.#warmMs, LEAST_SHARE);
    this.#warmAt = undefined;
    return this.weight;
  }

  /** Open exchanges but streams, plus a penalty if it failed recently. */
  get load(): number {
    return this.inflight - this.streams + this.#remainingPenalty();
  }

  /** An attempt has ended well. */
  succeeded(): void {
    this.#options.onOutcome?.(this, false);
  }

  /** An attempt has ended in a way that blames the target. */
  failed(why: string): void {
    this.noteFailure(why);
    // A target that fails fast is idle, so it would attract the next call.
    this.#penalty = this.#remainingPenalty() + PENALTY;
    this.#penaltyAt = this.#options.clock.now();
    this.#options.onOutcome?.(this, true);
  }

  /** Only notes it, for `/status`. */
  noteFailure(why: string): void {
    this.lastFailure = { at: this.#options.clock.now(), why };
  }

  #remainingPenalty(): number {
    if (this.#penalty === 0) return 0;
    const age = this.#options.clock.now() - this.#penaltyAt;
    const left = this.#penalty * 2 ** (-age / PENALTY_HALF_LIFE_MS);
    if (left < 0.5) this.#penalty = 0;
    return this.#penalty === 0 ? 0 : left;
  }
}
