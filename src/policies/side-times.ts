/** How long the answers of a side of a split take to their head, retries and uploads included, as clients see them. */
import type { UpstreamResponse } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { Guard, GuardReceiver } from '../core/sender.ts';
import { type LatencyFigures, RecentLatencies } from '../observe/latencies.ts';

/** The times of the last span. */
export class SideTimes {
  readonly #recent: RecentLatencies;
  #epoch = 0;

  constructor(spanMs: number) {
    this.#recent = new RecentLatencies(spanMs);
  }

  /** @param epoch what was timed in another one is forgotten */
  add(epoch: number, ms: number, now: number): void {
    if (epoch !== this.#epoch) {
      this.#recent.reset();
      this.#epoch = epoch;
    }
    this.#recent.add(ms, now);
  }

  /** Of the answers of `epoch`; `undefined` if there are none. */
  figures(epoch: number, now: number): LatencyFigures | undefined {
    return epoch === this.#epoch ? this.#recent.figures(now) : undefined;
  }
}

export interface SideTimingOptions {
  readonly times: SideTimes;
  /** A call that was made in another epoch than the present one is not timed. */
  readonly epoch: () => number;
  readonly clock: Clock;
}

/** Times every call that is answered, whatever the answer. */
export const sideTiming = (options: SideTimingOptions): Guard => ({
  enter: () => new TimedCall(options),
});

class TimedCall implements GuardReceiver {
  readonly #options: SideTimingOptions;
  readonly #epoch: number;
  readonly #startedAt: number;

  constructor(options: SideTimingOptions) {
    this.#options = options;
    this.#epoch = options.epoch();
    this.#startedAt = options.clock.now();
  }

  answered(_response: UpstreamResponse): void {
    const { times, epoch, clock } = this.#options;
    if (this.#epoch !== epoch()) return;
    const now = clock.now();
    times.add(this.#epoch, now - this.#startedAt, now);
  }

  failed(): void {
    // There was no answer.
  }
}
