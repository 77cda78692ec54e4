/** The messages between run.ts and load.ts: what to measure, and the result. */

export interface LoadOrder {
  readonly url: string;
  /** The process whose CPU time is measured. */
  readonly pid: number;
  /** The process behind it; its CPU time is not counted as that of other programs. */
  readonly upstreamPid: number;
  readonly connections: number;
  /** Bearer tokens; the connections take them in turn. */
  readonly tokens: readonly string[];
  readonly method: 'GET' | 'POST';
  /** Of each request; 0 sends none. */
  readonly bodyBytes: number;
  /** Load before the measured interval begins. */
  readonly settleMs: number;
  readonly measureMs: number;
}

/** All of it within the measured interval. */
export interface Measurement {
  readonly requests: number;
  readonly elapsedMs: number;
  /** User and system, all threads of the measured process. */
  readonly cpuNs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly non2xx: number;
  /** Connection errors and timeouts. */
  readonly errors: number;
  /** CPU time that went to neither the contestant nor the load nor the upstream. */
  readonly strangersMs: number;
  /** At the end. */
  readonly residentBytes: number;
}

/** CPU time of one request, in microseconds. */
export const cpuPerRequest = ({ cpuNs, requests }: Measurement): number => cpuNs / requests / 1_000;
