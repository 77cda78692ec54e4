/** One attempt's copy of a client's body: first the kept part, then the bytes still arriving. */
import { Readable } from 'node:stream';
import type { Clock, Timer } from './clock.ts';
import { GatewayError } from './errors.ts';

/** The source of its bytes. */
export interface AttemptSource {
  /** Has the client sent everything? */
  readonly isEnded: boolean;
  /** `attempt` is ready for more. */
  pull(attempt: Readable): void;
  /** `attempt` ended, early or not. */
  detach(attempt: Readable): void;
}

export interface AttemptOptions {
  readonly clock: Clock;
  readonly stallMs: number;
}

export class UploadAttempt extends Readable {
  readonly #source: AttemptSource;
  /** Kept bytes that it has not given yet; the client is paused until all are given. */
  readonly #waiting: Buffer[];
  readonly #options: AttemptOptions;
  readonly #onStall: (error: GatewayError) => void;
  #stalled: Timer | undefined;

  constructor(
    source: AttemptSource,
    kept: readonly Buffer[],
    options: AttemptOptions,
    onStall: (error: GatewayError) => void,
  ) {
    super();
    this.#source = source;
    this.#waiting = [...kept];
    this.#options = options;
    this.#onStall = onStall;
  }

  /** The client has sent everything, perhaps before this attempt began. */
  finish(): void {
    if (this.#waiting.length === 0) this.push(null);
  }

  override _read(): void {
    this.#options.clock.cancel(this.#stalled);
    this.#stalled = undefined;
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      if (!this.give(chunk)) return;
    }
    if (this.#source.isEnded) this.push(null);
    else this.#source.pull(this);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#options.clock.cancel(this.#stalled);
    this.#source.detach(this);
    done(error);
  }

  /** Gives one more chunk; returns whether the next may follow at once. */
  give(chunk: Buffer): boolean {
    const wantsMore = this.push(chunk);
    if (!wantsMore) this.#watch();
    return wantsMore;
  }

  /** Starts to time the upstream, which has not taken all bytes. */
  #watch(): void {
    const { clock, stallMs } = this.#options;
    this.#stalled ??= clock.after(stallMs, () =>
      this.#onStall(
        new GatewayError('GW_UPSTREAM_TIMEOUT', `upstream took no byte for ${stallMs} ms`),
      ),
    );
  }
}
