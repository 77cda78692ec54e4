/** What the page is told at intervals: `GET /overview`, and the event `snapshot` of `GET /events`. */
import type { PluginReport } from '../../observe/plugin-report.ts';
import type {
  CertificateStatus,
  ConfigStatus,
  DescriptorStatus,
  NameStatus,
  ReloadStatus,
  StoreStatus,
  UpstreamStatus,
} from './status.ts';

/**
 * What changes from second to second. `GET /overview` answers with one, after up to a second, because rates need two
 * moments; `GET /events` begins with one and sends the next each second.
 */
export interface Snapshot {
  readonly at: string;
  /**
   * The time, in seconds, over which the rates and quantiles are taken: 10, and less just after the first viewer has
   * come. 0: nothing is known of them yet.
   */
  readonly windowSeconds: number;
  readonly gateway: GatewayFacts;
  /** Of all routes, requests that match none included. */
  readonly totals: Traffic;
  /** Those with requests in the window, busiest first, up to 500. `unmatched` stands for requests without a route. */
  readonly routes: readonly RouteTraffic[];
  /** Routes with requests in the window beyond those 500. */
  readonly moreRoutes: number;
  /** How many routes the config has; `GET /routes` lists them. */
  readonly routeCount: number;
  /** Those with something wrong first, then in the order of the config, up to 200. */
  readonly upstreams: readonly UpstreamSnapshot[];
  readonly moreUpstreams: number;
  /** Requests per second refused by a rate limit. */
  readonly rateLimitedPerSecond: number;
  /** Parts per second that answers lacked. */
  readonly degradedPerSecond: number;
  /** Answers per second that came from a fallback. */
  readonly fallbacksPerSecond: number;
  /** What plugins report, such as Redis and key sets. */
  readonly plugins: readonly PluginReport[];
  /** Sides of splits that are out, up to 20. */
  readonly abortedSides: readonly AbortedSide[];
  /** Names that DNS does not resolve at present, up to 20. */
  readonly failingNames: readonly NameStatus[];
  readonly certificates: readonly CertificateStatus[];
  readonly problems: ProblemNews;
  /** Of operations; absent: there is none. */
  readonly store?: StoreStatus;
}

/** A side of a split that gets no requests until an operator hands it back. */
export interface AbortedSide {
  readonly route: string;
  readonly upstream: string;
  readonly at: string;
  readonly why: string;
}

export interface ProblemNews {
  /** All since the start, those that are no longer kept too: a greater number than before means new ones. */
  readonly total: number;
  /** The ids of the last ones, newest first, up to 10; {@link Problems} has them. */
  readonly latest: readonly string[];
}

export interface GatewayFacts extends ProcessFacts {
  readonly version: string;
  /** Number of the generation that serves. */
  readonly generation: number;
  readonly ready: boolean;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  /** Where clients connect, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly config: ConfigStatus;
  /** The last reload; absent before the first. */
  readonly reload?: ReloadStatus;
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** Keys that were changed and have no effect before a restart. */
  readonly restartRequired: readonly string[];
  readonly inflight: number;
  /** Open connections of clients. */
  readonly connections: number;
  /** Log lines that were dropped since the start. */
  readonly logLinesDropped: number;
  /** Is `admin.token` set? Without it, the page can change nothing and try nothing. */
  readonly hasToken: boolean;
  /** How many requests are kept for `GET /requests` (`admin.requests`); 0: none. */
  readonly keptRequests: number;
}

export interface ProcessFacts {
  /** The share of a core that the process took in the window: 0.25 is a quarter of one, 2 are two. */
  readonly cpu: number;
  /** Resident memory. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** What the heap may grow to. */
  readonly heapLimitBytes: number;
  /** How late timers came in the window, in milliseconds: the mean, and the 99th percentile. */
  readonly loopLagMs: number;
  readonly loopLagP99Ms: number;
  readonly descriptors: DescriptorStatus;
}

/** Over {@link Snapshot.windowSeconds}. */
export interface Traffic {
  readonly requestsPerSecond: number;
  /** Responses with a status of 500 and above. */
  readonly errorsPerSecond: number;
  /** Responses with a status of 400 to 499. */
  readonly refusalsPerSecond: number;
  /** Absent where there was no request. */
  readonly latency?: Latency;
}

/**
 * Milliseconds from the head of a request to the end of its response. Estimated from the buckets of the histograms that
 * Prometheus gets: the first reaches to 5 ms, the last begins at 10 s, which is then what is told.
 */
export interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface RouteTraffic extends Traffic {
  readonly name: string;
}

export interface UpstreamSnapshot extends UpstreamStatus {
  readonly traffic: UpstreamTraffic;
  /** Targets beyond the first 100, which {@link UpstreamStatus.targets} has, those with something wrong first. */
  readonly moreTargets: number;
}

/** Attempts, over {@link Snapshot.windowSeconds}. */
export interface UpstreamTraffic {
  readonly requestsPerSecond: number;
  /** Attempts that got no response, or one with a status of 500 and above. */
  readonly failuresPerSecond: number;
  /** From the start of an attempt to its response head. Absent where there was no attempt. */
  readonly latency?: Latency;
}
