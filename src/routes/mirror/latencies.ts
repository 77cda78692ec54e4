/** How long answers took, in buckets that are fine enough to tell two services apart. */
import { quantile } from '../../observe/traffic.ts';

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

const tenths = (value: number): number => Math.round(value * 10) / 10;
