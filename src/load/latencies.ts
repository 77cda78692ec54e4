/**
 * Times of requests, counted in buckets that are each 1 % longer than the one before: percentiles are within
 * half a percent, from microseconds to hours, in a fixed amount of memory.
 */

const STEP = Math.log(1.01);
/** `1.01 ** 2_400` µs are over six hours. */
const BUCKETS = 2_400;

export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** From the first that is not empty to the last, six a decade. */
  readonly histogram: readonly Bucket[];
}

export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** @param ms from the request to its whole answer */
  record(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(1, ms * 1_000)) / STEP);
    this.#counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** All in milliseconds; 0 where nothing was recorded. */
  summary(): LatencySummary {
    return {
      mean: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50: this.#percentile(0.5),
      p90: this.#percentile(0.9),
      p99: this.#percentile(0.99),
      p999: this.#percentile(0.999),
      max: this.#maxMs,
      histogram: this.#histogram(),
    };
  }

  #percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#count * share));
    for (let i = 0; i < BUCKETS && this.#count > 0; i++) {
      left -= this.#counts[i]!;
      // No percentile is beyond the longest of all.
      if (left <= 0) return Math.min(middleMs(i), this.#maxMs);
    }
    return 0;
  }

  #histogram(): Bucket[] {
    const counts = new Map<number, number>();
    this.#counts.forEach((count, i) => {
      if (count === 0) return;
      const at = Math.floor(Math.log10(middleMs(i)) * PER_DECADE);
      counts.set(at, (counts.get(at) ?? 0) + count);
    });
    const places = [...counts.keys()];
    const [first, last] = [Math.min(...places), Math.max(...places)];
    if (places.length === 0) return [];
    return Array.from({ length: last - first + 1 }, (_, i) => ({
      fromMs: boundMs(first + i),
      toMs: boundMs(first + i + 1),
      count: counts.get(first + i) ?? 0,
    }));
  }
}

const middleMs = (bucket: number): number => Math.exp((bucket + 0.5) * STEP) / 1_000;

/** 1, 1.5, 2.2, 3.2, 4.6, 6.8, 10 … */
const PER_DECADE = 6;
const boundMs = (place: number): number => Number((10 ** (place / PER_DECADE)).toPrecision(2));
