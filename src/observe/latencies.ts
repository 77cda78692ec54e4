/** How long answers took, in buckets that are fine enough to tell two services apart. */
import { quantile } from './traffic.ts';

/** Upper bounds in seconds: from 1 ms to about a minute and a half, each a fifth more than the one before. */
const BOUNDS: readonly number[] = Array.from({ length: 64 }, (_, i) => 0.001 * 1.2 ** i);

export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly meanMs: number;
}

export class Latencies {
  readonly #buckets = new Float64Array(BOUNDS.length + 1);
  #count = 0;
  #sumMs = 0;

  add(ms: number): void {
    this.#count += 1;
    this.#sumMs += ms;
    const at = BOUNDS.findIndex((bound) => ms / 1_000 <= bound);
    this.#buckets[at < 0 ? BOUNDS.length : at]! += 1;
  }

  /** Of these and those; `undefined` if there are none. */
  static figuresOf(all: readonly Latencies[]): LatencyFigures | undefined {
    const buckets = new Float64Array(BOUNDS.length + 1);
    let [count, sumMs] = [0, 0];
    for (const each of all) {
      count += each.#count;
      sumMs += each.#sumMs;
      for (const [i, value] of each.#buckets.entries()) buckets[i]! += value;
    }
    if (count === 0) return undefined;
    const at = (share: number): number => tenths(quantile(share, buckets, BOUNDS)! * 1_000);
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), meanMs: tenths(sumMs / count) };
  }
}

/** A span is counted in so many steps. */
const STEPS = 10;

/** Those of the last span of time, which moves with the clock by a tenth of it. Takes no memory while nothing comes. */
export class RecentLatencies {
  readonly #stepMs: number;
  /** By the number of the step, counted from the clock's start; at most {@link STEPS}. */
  #steps: readonly (readonly [step: number, latencies: Latencies])[] = [];

  constructor(spanMs: number) {
    this.#stepMs = spanMs / STEPS;
  }

  /** @param at now, on the gateway's clock, in milliseconds */
  add(ms: number, at: number): void {
    const step = Math.floor(at / this.#stepMs);
    let last = this.#steps.at(-1);
    if (last?.[0] !== step) {
      last = [step, new Latencies()];
      this.#steps = [...this.#since(step), last];
    }
    last[1].add(ms);
  }

  /** `undefined` if there are none. */
  figures(at: number): LatencyFigures | undefined {
    const steps = this.#since(Math.floor(at / this.#stepMs));
    return Latencies.figuresOf(steps.map(([, latencies]) => latencies));
  }

  reset(): void {
    this.#steps = [];
  }

  #since(step: number): readonly (readonly [step: number, latencies: Latencies])[] {
    return this.#steps.filter(([each]) => each > step - STEPS);
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
