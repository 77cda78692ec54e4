/** What `GET /routes` and `GET /status` tell. */
import type { PluginReport } from '../../observe/plugin-report.ts';

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
  /** Of operations; absent: there is none. */
  readonly store?: StoreStatus;
}

export interface StoreStatus {
  readonly kind: 'postgres' | 'embedded';
  /** It answers. */
  readonly up: boolean;
  /** Since when it does, or does not. */
  readonly since: string;
  /** Operations that run, or are being undone, of all gateways that share it. */
  readonly running: number;
  /** Operations that wait for an operator. */
  readonly stuck: number;
  /** The last thing that went wrong; the log says more. */
  readonly fault?: { readonly at: string; readonly code: string };
}

/** File descriptors; a member is absent where the system does not say. */
export interface DescriptorStatus {
  readonly used?: number;
  /** The most that may be open at once. */
  readonly allowed?: number;
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
