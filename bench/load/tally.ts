/** Counts answers and their latencies. */
import { createHistogram } from 'node:perf_hooks';
import type { Answers, Latency } from './measurement.ts';

export class Tally {
  readonly #latencyUs = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  requests = 0;
  non2xx = 0;
  errors = 0;

  count(status: number, latencyMs: number): void {
    this.requests += 1;
    if (status < 200 || status > 299) this.non2xx += 1;
    this.#latencyUs.record(Math.max(1, Math.round(latencyMs * 1_000)));
  }

  get answers(): Answers {
    const { requests, non2xx, errors } = this;
    return { requests, non2xx, errors };
  }

  get latency(): Latency {
    return {
      meanMs: this.#latencyUs.mean / 1_000,
      p50Ms: this.#latencyUs.percentile(50) / 1_000,
      p99Ms: this.#latencyUs.percentile(99) / 1_000,
    };
  }
}
