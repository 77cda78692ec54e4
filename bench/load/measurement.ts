/** The messages to and from the load process: what to measure, and the result. */

export type Tool = 'autocannon' | 'wrk' | 'h2load' | 'paced';

export interface LoadOrder {
  readonly tool: Tool;
  readonly url: string;
  /** The process whose CPU time is measured, with those that it has started. */
  readonly pid: number;
  /** The process behind it; its CPU time is not counted as that of other programs. */
  readonly upstreamPid: number;
  readonly connections: number;
  /** Bearer tokens; the connections take them in turn. */
  readonly tokens: readonly string[];
  readonly method: 'GET' | 'POST';
  /** Beside `accept` and `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of each request; 0 sends none. */
  readonly bodyBytes: number;
  /** Requests per second, for `paced`; the others send as fast as they are answered. */
  readonly rate: number;
  /** Load before the measured interval begins. */
  readonly settleMs: number;
  readonly measureMs: number;
}

export interface Latency {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What the machine spent in an interval. */
export interface Usage {
  readonly elapsedMs: number;
  /** User and system, all threads of the measured process. */
  readonly cpuNs: number;
  /** CPU time that went to neither the subject nor the load nor the upstream. */
  readonly strangersMs: number;
}

export interface Answers {
  readonly requests: number;
  readonly non2xx: number;
  /** Connection errors and timeouts. */
  readonly errors: number;
}

/** All of it within the measured interval. */
export interface Measurement extends Usage, Latency, Answers {
  /** At the end. */
  readonly residentBytes: number;
}

/** CPU time of one request, in microseconds. */
export const cpuPerRequest = ({
  cpuNs,
  requests,
}: Pick<Measurement, 'cpuNs' | 'requests'>): number => cpuNs / requests / 1_000;
