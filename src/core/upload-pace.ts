/**
 * Checks that a client keeps up while the gateway asks for bytes of its body: it may not pause too long,
 * nor send so slowly that its body would take forever. Time in which the gateway asks for none does not
 * count.
 *
 * There is one timer per body, and chunks do not touch it: it fires at the earliest moment at which the
 * client could be late.
 */
import type { Clock, Timer } from './clock.ts';
import { GatewayError } from './errors.ts';
import { Lag } from './lag.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** GW_REQUEST_TIMEOUT if no byte comes for this long. */
  readonly idleMs: number;
  /** GW_REQUEST_TIMEOUT if the average falls below this many bytes per second; 0: no minimum. */
  readonly minRate?: number;
}

/** The average counts only after this time, because a client may start slowly. */
const GRACE_MS = 5_000;

export class UploadPace {
  readonly #options: PaceOptions;
  readonly #onLate: (error: GatewayError) => void;
  readonly #lag = new Lag();
  /** Since when bytes are asked for; `undefined` while none are. */
  #askedAt: number | undefined;
  /** The total of earlier spans. */
  #askedMs = 0;
  #bytes = 0;
  /** The time of the last byte, or when asking began. */
  #quietSince = 0;
  #timer: Timer | undefined;
  #isExcused = false;

  constructor(options: PaceOptions, onLate: (error: GatewayError) => void) {
    this.#options = options;
    this.#onLate = onLate;
  }

  /** Bytes are asked for from now on. */
  ask(): void {
    if (this.#askedAt !== undefined) return;
    const { clock } = this.#options;
    const now = clock.now();
    this.#askedAt = now;
    this.#quietSince = now;
    this.#lag.begin(now);
    if (!this.#isExcused) this.#timer = clock.after(Math.max(this.#leftMs(now), 1), this.#look);
  }

  /** From now on the client may pause or be slow for as long as it likes. */
  excuse(): void {
    this.#isExcused = true;
    this.#options.clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Bytes have arrived. */
  took(bytes: number): void {
    const now = this.#options.clock.now();
    this.#quietSince = now;
    this.#bytes += bytes;
    this.#lag.end(now, bytes);
    if (this.#askedAt !== undefined) this.#lag.begin(now);
  }

  /** No bytes are asked for now. */
  rest(): void {
    if (this.#askedAt === undefined) return;
    const { clock } = this.#options;
    const now = clock.now();
    this.#askedMs += now - this.#askedAt;
    this.#askedAt = undefined;
    this.#lag.end(now, 0);
    clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** How far the client is behind at `now`; see {@link Lag}. */
  lagMs(now: number): number {
    return this.#lag.at(now);
  }

  /** How long no byte has come at `now`; without end while none are asked for. */
  quietMs(now: number): number {
    return this.#askedAt === undefined ? Number.POSITIVE_INFINITY : now - this.#quietSince;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const { clock } = this.#options;
    const leftMs = this.#leftMs(clock.now());
    // Timers may fire a fraction early.
    if (leftMs < 1) this.#onLate(this.#lateness(clock.now()));
    else this.#timer = clock.after(leftMs, this.#look);
  };

  /** How long until the client is late, if no byte comes. */
  #leftMs(now: number): number {
    return Math.min(this.#idleLeftMs(now), this.#rateLeftMs(now));
  }

  #idleLeftMs(now: number): number {
    return this.#quietSince + this.#options.idleMs - now;
  }

  #rateLeftMs(now: number): number {
    const { minRate = 0 } = this.#options;
    if (minRate === 0) return Number.POSITIVE_INFINITY;
    const askedMs = this.#askedMs + now - (this.#askedAt ?? now);
    return Math.max((this.#bytes * 1_000) / minRate, GRACE_MS) - askedMs;
  }

  #lateness(now: number): GatewayError {
    const { idleMs, minRate = 0 } = this.#options;
    const isSilent = this.#idleLeftMs(now) <= this.#rateLeftMs(now);
    const detail = isSilent
      ? `no byte of the body for ${idleMs} ms`
      : `the body came at less than ${minRate} bytes a second`;
    return new GatewayError('GW_REQUEST_TIMEOUT', detail);
  }
}
