/**
 * How a client keeps up while we ask for bytes of its body: what it may not do is fall silent.
 *
 * One timer for each body, which is not touched by the chunks: it looks when the client could be late at
 * the earliest.
 */
import type { Clock, Timer } from './clock.ts';
import { GatewayError } from './errors.ts';
import { Lag } from './lag.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** GW_REQUEST_TIMEOUT when no byte comes for this long. */
  readonly idleMs: number;
}

export class UploadPace {
  readonly #options: PaceOptions;
  readonly #onLate: (error: GatewayError) => void;
  readonly #lag = new Lag();
  /** Since when we ask for bytes; `undefined` while we do not. */
  #askedAt: number | undefined;
  /** Of the last byte, or since when we ask. */
  #quietSince = 0;
  #timer: Timer | undefined;

  constructor(options: PaceOptions, onLate: (error: GatewayError) => void) {
    this.#options = options;
    this.#onLate = onLate;
  }

  /** Bytes are wanted from now on. */
  ask(): void {
    if (this.#askedAt !== undefined) return;
    const { clock, idleMs } = this.#options;
    const now = clock.now();
    this.#askedAt = now;
    this.#quietSince = now;
    this.#lag.begin(now);
    this.#timer ??= clock.after(idleMs, () => this.#look());
  }

  /** Some came. */
  took(bytes: number): void {
    const now = this.#options.clock.now();
    this.#quietSince = now;
    this.#lag.end(now, bytes);
    if (this.#askedAt !== undefined) this.#lag.begin(now);
  }

  /** None are wanted for now. */
  rest(): void {
    if (this.#askedAt === undefined) return;
    const { clock } = this.#options;
    this.#askedAt = undefined;
    this.#lag.end(clock.now(), 0);
    clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** How far the client is behind at `now`; see {@link Lag}. */
  lagMs(now: number): number {
    return this.#lag.at(now);
  }

  #look(): void {
    this.#timer = undefined;
    const { clock, idleMs } = this.#options;
    // Timers may fire a fraction early.
    const leftMs = this.#quietSince + idleMs - clock.now();
    if (leftMs < 1) {
      this.#onLate(new GatewayError('GW_REQUEST_TIMEOUT', `no byte of the body for ${idleMs} ms`));
    } else this.#timer = clock.after(leftMs, () => this.#look());
  }
}
