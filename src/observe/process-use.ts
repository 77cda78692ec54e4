/** What the process uses, for those who look: processor, memory, and how late its timers come. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

export interface ProcessUse {
  /** The share of a core since the last reading. */
  readonly cpu: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** The mean, in milliseconds, since the last reading; and the 99th percentile. */
  readonly loopLagMs: number;
  readonly loopLagP99Ms: number;
}

/** The timer that measures the lag runs this often. */
const RESOLUTION_MS = 20;

/** Between `begin` and `end` a timer of Node's own runs. */
export class ProcessWatch {
  #cpu = process.cpuUsage();
  #at = performance.now();
  #lag: ReturnType<typeof monitorEventLoopDelay> | undefined;

  begin(): void {
    this.#lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#lag.enable();
    this.#cpu = process.cpuUsage();
    this.#at = performance.now();
  }

  end(): void {
    this.#lag?.disable();
    this.#lag = undefined;
  }

  read(): ProcessUse {
    const { rss, heapUsed } = process.memoryUsage();
    const use = {
      cpu: this.#cpuShare(),
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      loopLagMs: lagOf(this.#lag?.mean),
      loopLagP99Ms: lagOf(this.#lag?.percentile(99)),
    };
    this.#lag?.reset();
    return use;
  }

  #cpuShare(): number {
    const at = performance.now();
    const used = process.cpuUsage();
    const micros = used.user + used.system - this.#cpu.user - this.#cpu.system;
    const share = micros / 1_000 / Math.max(at - this.#at, 1);
    this.#cpu = used;
    this.#at = at;
    return Math.round(share * 1_000) / 1_000;
  }
}

/** Node measures the whole time between two timers. It is NaN before the first. */
const lagOf = (nanoseconds = Number.NaN): number =>
  Number.isNaN(nanoseconds) ? 0 : hundredths(Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0));

const hundredths = (ms: number): number => Math.round(ms * 100) / 100;
