/**
 * What the admin port says in JSON to programs and to the operator's page: types alone.
 *
 * It imports nothing but types of the same kind, because the page is checked as code of a browser. Nothing here holds a
 * secret: no values of the config, no query, no user information of a URL, no value of a header or a cookie. Points in
 * time are ISO 8601; sizes are bytes. Fields may be added; none changes its meaning.
 */
import type { PluginReport } from '../observe/plugin-report.ts';
import type { TracedRequest } from '../observe/traced.ts';
import type { SeenDifference } from '../routes/mirror/mirror-state.ts';

export type { PluginReport };

// --- GET /overview, and the event `snapshot` of GET /events

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

/** File descriptors; a member is absent where the system does not say. */
export interface DescriptorStatus {
  readonly used?: number;
  /** The most that may be open at once. */
  readonly allowed?: number;
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

// --- GET /routes

export interface RouteList {
  readonly generation: number;
  readonly routes: readonly RouteStatus[];
}

// --- GET /status

export interface GatewayStatus {
  readonly generation: number;
  readonly ready: boolean;
  readonly uptimeSeconds: number;
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** The last reload; absent before the first. */
  readonly reload?: ReloadStatus;
  readonly inflight: number;
  /** Where clients connect. */
  readonly listeners: readonly ListenerStatus[];
  readonly routes: readonly RouteStatus[];
  readonly upstreams: readonly UpstreamStatus[];
  readonly version: string;
  readonly config: ConfigStatus;
  /** Open connections of clients. */
  readonly connections: number;
  readonly descriptors: DescriptorStatus;
  /** Log lines that were dropped since the start. */
  readonly logLinesDropped: number;
  /** Names that were resolved by DNS, failing ones first. */
  readonly names: readonly NameStatus[];
  /** Of all listeners; none without TLS. */
  readonly certificates: readonly CertificateStatus[];
  /** What plugins report, such as Redis and key sets. */
  readonly plugins: readonly PluginReport[];
}

export interface ListenerStatus {
  /** As the config calls it; `server` if it has only one, without a name. */
  readonly name: string;
  /** Such as `https://127.0.0.1:8443` or `unix:/run/portico.sock`. */
  readonly url: string;
}

export interface ConfigStatus {
  /** As it was given at the start. */
  readonly file: string;
  /** SHA-256 of everything that the generation was built from: the config files and those that it names. In hex. */
  readonly hash: string;
  /** When the generation began to serve, and for how long it has. */
  readonly since: string;
  readonly ageSeconds: number;
  /** `start`, `files`, `signal`, `admin`, or `rollback to 3`. */
  readonly cause: string;
}

export interface ReloadStatus {
  /** `files`, `signal`, `admin`, or `rollback to 3`. */
  readonly cause: string;
  /** `held`: a rollback holds, and nothing has changed since. */
  readonly result: 'applied' | 'rejected' | 'held';
  readonly at: string;
  /** The generation that serves since. */
  readonly generation: number;
  /** What changed, in words; none if it was rejected, or means the same. */
  readonly changes: readonly string[];
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** Every fault of a config that was rejected, and the warnings of one that was applied: with file and line. */
  readonly faults: readonly string[];
  /** Keys that were changed and have no effect before a restart. */
  readonly restartRequired: readonly string[];
}

export interface RouteStatus {
  readonly name: string;
  /** Who answers for it, if the config says so. */
  readonly owner?: string;
  /** `GET,POST /api/orders/*` */
  readonly match: readonly string[];
  /** What it does, in one line. */
  readonly action: string;
  readonly plugins: readonly string[];
  /** Of a split, in the order of the config; absent for other routes. */
  readonly sides?: readonly SideStatus[];
}

/** A side of a split as it is now. */
export interface SideStatus {
  readonly upstream: string;
  /** By its config and the clock. */
  readonly weight: number;
  /** The share of the requests that it gets, 0 to 1; 0 while it is aborted. */
  readonly share: number;
  /** The next step of its ramp. */
  readonly next?: { readonly at: string; readonly weight: number };
  /** It is out, until an operator hands it back. */
  readonly aborted?: { readonly at: string; readonly why: string };
}

export interface UpstreamStatus {
  readonly name: string;
  /** Absent if there is no breaker. */
  readonly circuit?: 'closed' | 'half-open' | 'open' | 'forced-open' | 'forced-closed';
  /** How long it has been in this state. */
  readonly circuitSeconds?: number;
  /** The moment since which it has been. */
  readonly circuitSince?: string;
  /** When the next call probes it; absent while it is not open, or where an operator holds it. */
  readonly circuitUntil?: string;
  /** Why it opened; absent while it is closed. */
  readonly circuitWhy?: string;
  readonly slots: { readonly used: number; readonly concurrency: number; readonly queued: number };
  /** Open WebSockets, and the most there may be. */
  readonly streams: { readonly open: number; readonly most: number };
  readonly targets: readonly TargetStatus[];
  /** Too few targets are available, so all of them get calls. */
  readonly panic: boolean;
}

export interface TargetStatus {
  readonly origin: string;
  readonly weight: number;
  readonly inflight: number;
  /** According to active checks. */
  readonly healthy: boolean;
  /** Ejected for a while because its traffic failed. */
  readonly ejected: boolean;
  /** Of its traffic or its checks, since the start; absent where nothing failed. A later success does not remove it. */
  readonly lastError?: ErrorStatus;
}

/** What went wrong last, and when. */
export interface ErrorStatus {
  readonly at: string;
  /** In a few words: `ECONNREFUSED`, `status 503`, `no answer within 2000 ms`. */
  readonly why: string;
}

export interface NameStatus {
  readonly name: string;
  /** From the last good answer, which stays in use while there is no newer one; empty: none yet. */
  readonly addresses: readonly string[];
  /** When that answer came. */
  readonly answeredAt?: string;
  /** Absent while its look-ups succeed. */
  readonly error?: ErrorStatus;
}

export interface CertificateStatus {
  /** Its first host name. */
  readonly name: string;
  readonly expiresAt: string;
  /** Whole days that are left; negative: it has expired. */
  readonly daysLeft: number;
}

// --- GET /requests, /requests/{id}, /problems: guarded like traces; 404 where `admin.requests` is 0

/** Newest first. */
export interface Requests {
  /** How many are kept at most. */
  readonly kept: number;
  readonly requests: readonly RequestSummary[];
}

/**
 * Requests that ended with a status of 500 and above, the last 50, and with another error of the gateway, the last 50:
 * newest first.
 */
export interface Problems {
  /** All since the start. */
  readonly total: number;
  readonly problems: readonly RequestSummary[];
}

export interface RequestSummary {
  readonly id: string;
  /** When it began. */
  readonly at: string;
  readonly method: string;
  readonly host: string;
  /** Without its query; cut after 1,024 characters. */
  readonly path: string;
  /** `unmatched` if there is none. */
  readonly route: string;
  /** Of a BFF. */
  readonly endpoint?: string;
  /** 499: the client disconnected. */
  readonly status: number;
  /** The gateway error, if it ended with one, and its cause. */
  readonly code?: string;
  readonly cause?: string;
  readonly totalMs: number;
  /** Those that it called. */
  readonly upstreams: readonly string[];
  /** Attempts in all calls. */
  readonly attempts: number;
  /** How many parts the answer lacks. */
  readonly missing: number;
}

/** A request with its calls and attempts, for a waterfall. */
export interface RequestDetail extends TracedRequest {
  /**
   * The part of `totalMs` in which no call was awaited, which is the gateway's own time and the client's: a forwarded
   * call is awaited until its response head, another one until it is over.
   */
  readonly gatewayMs: number;
}

// --- POST /try: only with `admin.token` set, and given

/** A request to send to the gateway's own port, as a client would. */
export interface TryOrder {
  /** Name of the listener to send it to. Default: the first one on a network, or else the first. */
  readonly listener?: string;
  /** Default GET. CONNECT is refused, and so is an upgrade. */
  readonly method?: string;
  /** With its query; it begins with `/`. */
  readonly path: string;
  /** In this order; at most 100. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Text; at most 256 KiB. */
  readonly body?: string;
  /** For the log; at most 200 characters. */
  readonly reason?: string;
}

export interface TryAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The first 64 KiB. */
  readonly body: string;
  /** `base64` where the body is not UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  /** The body was longer. */
  readonly truncated: boolean;
  /** For `GET /requests/{id}`. */
  readonly requestId?: string;
  /** From the start to the end of what was read. */
  readonly ms: number;
}

// --- GET /mirrors and GET /mirrors/{route}

export interface MirrorList {
  /** In the order of the config. */
  readonly mirrors: readonly MirrorStatus[];
}

export interface MirrorStatus {
  readonly route: string;
  readonly upstream: string;
  /** Share of the requests that are copied. */
  readonly percent: number;
  /** Copies under way, to the end of their comparison; never more than `concurrency`. */
  readonly open: number;
  readonly concurrency: number;
  /** Copies by how they ended, or why they were not sent, since the mirror is as it is. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Absent if answers are not compared. */
  readonly comparison?: MirrorComparison;
}

/** Of the last comparisons: at least `promote.minimum` of them, if there were so many, and at most twice that. */
export interface MirrorComparison {
  readonly compared: number;
  readonly different: number;
  /** 0 to 1; 0 if nothing has been compared. */
  readonly ratio: number;
  /** Where they differ, with the number of answers, most first, up to 20. */
  readonly fields: readonly { readonly field: string; readonly answers: number }[];
  /** To the head of the answer, as each side took it; absent if nothing has been compared. */
  readonly primary?: MirrorLatency;
  readonly mirror?: MirrorLatency;
  /** `promote`, or `not yet:` and why. */
  readonly advice: string;
}

export interface MirrorLatency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly meanMs: number;
}

export interface MirrorDifferences {
  readonly route: string;
  readonly mirrors: readonly {
    readonly upstream: string;
    /** The latest first. */
    readonly differences: readonly SeenDifference[];
  }[];
}

// --- GET /migration: guarded like traces

/** Routes that say who owns them, that are split, or that have a mirror. */
export interface MigrationList {
  /** The span over which the calls of sides are counted. */
  readonly windowSeconds: number;
  /** In the order of the config. */
  readonly routes: readonly MigrationStatus[];
  /** Upstreams that nothing calls: replaced, or not used yet. */
  readonly unused: readonly string[];
}

export interface MigrationStatus {
  readonly route: string;
  /** As in {@link RouteStatus}. */
  readonly match: readonly string[];
  /** As the config says, or else the first side; absent if there is neither. */
  readonly owner?: string;
  /** The old one first; one if the route is not split, none if it does not forward. */
  readonly sides: readonly MigrationSide[];
  readonly mirrors: readonly MigrationMirror[];
  /** Since when its config, defaults included, is what it is: since the start at most. */
  readonly changed?: { readonly at: string; readonly generation: number };
  readonly next: NextStep;
}

export interface MigrationSide extends SideStatus {
  /** Of the window, since it was last handed back; absent if the route is not split. */
  readonly traffic?: SideTraffic;
}

export interface SideTraffic {
  readonly calls: number;
  /** As `abort` counts them. */
  readonly failures: number;
  /** To the head of an answer; absent if there was none. */
  readonly latency?: MirrorLatency;
}

export interface MigrationMirror {
  readonly upstream: string;
  /** Absent if answers are not compared. */
  readonly comparison?: MigrationComparison;
}

/** With up to three fields. */
export interface MigrationComparison extends MirrorComparison {
  /** So many must be compared before it may be promoted. */
  readonly minimum: number;
}

export interface NextStep {
  readonly step:
    | 'none'
    | 'seam'
    | 'mirror'
    | 'compare'
    | 'wait'
    | 'differs'
    | 'promote'
    | 'begin'
    | 'ramp'
    | 'grow'
    | 'failing'
    | 'aborted'
    | 'finish'
    | 'tidy'
    | 'done';
  /** For people. */
  readonly words: string;
}

// --- What changes state

/** `POST /reload`, `/rollback`, `/upstreams/{name}/circuit` and `/routes/{name}/split` take a `reason` beside their own keys. */
export interface Reasoned {
  /** For the log: 1 to 200 characters, no control characters. The page must give one. */
  readonly reason?: string;
}

/** The body of every answer with a status of 400 and above. */
export interface Refused {
  readonly error: string;
}
