/**
 * What the gateway runs on: checked, complete, frozen; durations in milliseconds, sizes in bytes.
 *
 * Loaded whole, never edited: a reload builds the next one beside it.
 */
import type { PathRules } from '../../core/canonical-path.ts';
import type { ActionConfig } from '../actions.ts';
import type { Path } from '../fault.ts';
import type { AddressRange } from '../schema/address-range.ts';
import type { ApiDocument } from '../openapi/model.ts';
import type { PemSource } from './named-files.ts';
import type { OTLP_PROTOCOLS } from '../schema/tracing.ts';
import type { PathPattern } from '../schema/path-pattern.ts';
import type { FAILURE_KINDS } from '../schema/guards.ts';
import type { SagaConfig } from './saga-config.ts';
import type { SealKey, StoreConfig } from './store-config.ts';

export interface Config {
  /** Absolute paths of every file it came from, certificates among them. */
  readonly files: readonly string[];
  readonly server: ServerConfig;
  /** Absent: no admin port. */
  readonly admin?: AdminConfig;
  readonly logs: { readonly level: string; readonly access: boolean };
  /** Absent: nothing is traced. */
  readonly tracing?: TracingConfig;
  /** Settings by the plugin's name, as its schema gave them. */
  readonly plugins: Readonly<Record<string, unknown>>;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  /** Absent: nothing is kept, and no engine runs. */
  readonly store?: StoreConfig;
  /** Apart from the store, which has no need of them; the first one seals. Absent: nothing is sealed. */
  readonly sealKeys?: readonly SealKey[];
  readonly sagas: Readonly<Record<string, SagaConfig>>;
  /** In the order of the file. */
  readonly routes: readonly RouteConfig[];
}

/** What is not given comes from the environment, as OpenTelemetry names it. */
export interface TracingConfig {
  /** URL of the collector. */
  readonly endpoint?: string;
  readonly protocol?: (typeof OTLP_PROTOCOLS)[number];
  readonly headers?: Readonly<Record<string, string>>;
  readonly service?: string;
  /** 0 to 1. */
  readonly sample?: number;
  readonly keepErrors: boolean;
  readonly keepSlowMs?: number;
  readonly baggage: readonly string[];
}

export interface AdminConfig {
  readonly host: string;
  readonly port: number;
  /** Bearers may change state; absent: programs on this machine. */
  readonly token?: string;
  /** How many of the last requests are kept; 0: none. */
  readonly requests: number;
  /** Absent: no request is traced. */
  readonly trace?: { readonly keys: readonly string[] };
}

/** Where a listener listens: on a port, or on a unix socket. */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string; readonly mode: number };

export interface ListenerConfig {
  /** As the config calls it; `server` if it has only one, without a name. */
  readonly name: string;
  /** The place of its keys in the config. */
  readonly at: Path;
  readonly address: ListenAddress;
  /** Absent: no TLS. */
  readonly tls?: ServerTlsConfig;
  /** By ALPN, by prior knowledge beside HTTP/1.1, or not at all. */
  readonly http2: 'alpn' | 'prior' | 'none';
  /** Requests that came by plain HTTP are sent to this port for https. Absent: they are served. */
  readonly redirectHttps?: { readonly port: number };
  /** Absent: whoever connects is the client. */
  readonly proxyProtocol?: ProxyProtocolConfig;
}

/** Connections begin with a header in which a proxy tells the client's address. */
export interface ProxyProtocolConfig {
  readonly version: 'v1' | 'v2';
  /** Who may connect. */
  readonly from: readonly AddressRange[];
}

export interface ServerConfig {
  /** At least one. */
  readonly listeners: readonly ListenerConfig[];
  /** Proxies that are trusted about the client; empty: none. */
  readonly trustedProxies: readonly AddressRange[];
  /** The one field, in lower case, in which they tell the client's address; absent: their lists do. */
  readonly clientAddress?: string;
  readonly paths: PathRules;
  readonly limits: {
    readonly bodyBytes: number;
    readonly headersBytes: number;
    readonly urlBytes: number;
    readonly headersTimeoutMs: number;
    readonly idleMs: number;
    /** Bytes a second; 0: no bound. */
    readonly minRate: number;
    readonly readerIdleMs: number;
    readonly answerMs: number;
    readonly keepAliveMs: number;
    readonly connections: number;
    /** Absent: no separate limit per address. */
    readonly connectionsPerAddress?: number;
  };
  /** Routes may have plugins that make faults. */
  readonly allowFaults: boolean;
  readonly shutdown: { readonly delayMs: number; readonly graceMs: number };
}

export interface ServerTlsConfig {
  /** The first is for clients that ask for no name, or none of theirs. */
  readonly certificates: readonly { readonly cert: PemSource; readonly key: PemSource }[];
  /** Absent: clients are not asked for certificates. */
  readonly client?: { readonly ca: PemSource; readonly isRequired: boolean };
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

export interface TargetConfig {
  readonly origin: string;
  readonly weight: number;
  /** Lower ones take all calls while any of them is available. Absent: 0. */
  readonly priority?: number;
  /**
   * `Host` and the TLS server name, where the origin is only an address: `orders.svc:8080`. Absent:
   * the origin's.
   */
  readonly host?: string;
}

interface DiscoverCommon {
  /** What the targets speak. */
  readonly scheme: 'http' | 'https';
}

/** Targets are what the records of a name say. */
export type DnsDiscoverConfig = DiscoverCommon & {
  readonly kind: 'dns';
  /** Without a dot at its end, in lower case. */
  readonly name: string;
  /** It was written with that dot: no search domain is tried. Absent: they are. */
  readonly isWhole?: true;
  /** Absent: by the records' TTL; for SRV, which Node tells none of, every 10 s. */
  readonly refreshMs?: number;
  /** `address:port` of DNS servers; empty: the system's. */
  readonly resolvers: readonly string[];
} & ({ readonly type: 'A' | 'AAAA'; readonly port: number } | { readonly type: 'SRV' });

/** Targets are the passing instances of a service. */
export type ConsulDiscoverConfig = DiscoverCommon & {
  readonly kind: 'consul';
  /** Of the agent. */
  readonly origin: string;
  readonly service: string;
  /** An instance has all of these. */
  readonly tags: readonly string[];
  readonly datacenter?: string;
  /** A secret: sent only to the agent. */
  readonly token?: string;
  readonly waitMs: number;
};

export type DiscoverConfig = DnsDiscoverConfig | ConsulDiscoverConfig;
/** `connect`, `reset`, `timeout`, `invalid`, `cut`, `5xx`, or a status. */
export type FailureKind = (typeof FAILURE_KINDS)[number] | number;

interface BreakerCommon {
  readonly openMs: number;
  readonly probes: number;
  /** What counts as a failure. */
  readonly handle: readonly FailureKind[];
  /** Heads that take this long count as failures; absent: none does. */
  readonly slowMs?: number;
}
export type BreakerConfig =
  | ({ readonly kind: 'consecutive'; readonly failures: number } & BreakerCommon)
  | ({
      readonly kind: 'ratio';
      readonly ratio: number;
      readonly minimum: number;
      readonly windowMs: number;
    } & BreakerCommon);

export interface BulkheadConfig {
  readonly concurrency: number;
  readonly queue: number;
  readonly waitMs: number;
}

export interface RetryConfig {
  readonly attempts: number;
  readonly on: readonly (string | number)[];
  readonly backoffMs: number;
  /** Share of calls, 0 to 1. */
  readonly budget: number;
}

/** PEM text; file names have been resolved. */
export interface UpstreamTlsConfig {
  /** Absent: the public authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Absent: the host of the target. */
  readonly servername?: string;
}

/** A check by HTTP. */
export interface HttpHealth {
  readonly path: string;
  /** A status, or a class such as `2xx`. */
  readonly statuses: readonly (number | string)[];
}

/** A check by gRPC, of this service; an empty name means the server. */
export interface GrpcHealth {
  readonly service: string;
}

export interface HealthConfig {
  readonly ask: HttpHealth | GrpcHealth;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Checks in a row. */
  readonly healthy: number;
  readonly unhealthy: number;
}

export interface OutlierConfig {
  /** Failures in a row. */
  readonly consecutive: number;
  readonly ejectMs: number;
  /** Share of the targets, 0 to 1. */
  readonly maxEjected: number;
}

/** How the next target is chosen; `hash` names a source. */
export type BalanceConfig = 'leastRequest' | 'roundRobin' | { readonly hash: string };

export interface UpstreamConfig {
  readonly name: string;
  /** Empty where they are looked up. */
  readonly targets: readonly TargetConfig[];
  /** Absent: the targets are those listed. */
  readonly discover?: DiscoverConfig;
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How long an idle connection is kept where the upstream does not say; 0: for one answer. */
  readonly keepAliveMs: number;
  /** Of the head of an answer. */
  readonly headersBytes: number;
  /** Whether requests to it carry `Via`. */
  readonly via: boolean;
  readonly connections: number;
  readonly balance: BalanceConfig;
  /** Absent: new targets take their full share at once. */
  readonly slowStartMs?: number;
  /** While fewer than this share of the targets are available, all take calls; 0 to 1. */
  readonly panic: number;
  /** `target`, `client`, or a name. */
  readonly host: string;
  /** For `https` targets; absent: nothing but the defaults. */
  readonly tls?: UpstreamTlsConfig;
  readonly http2: boolean;
  readonly bulkhead: BulkheadConfig;
  /** The most streams open at once. */
  readonly sockets: number;
  /** Absent: no breaker, and none of its code runs. */
  readonly breaker?: BreakerConfig;
  /** Absent: one try. */
  readonly retry?: RetryConfig;
  /** Absent: no checks. */
  readonly health?: HealthConfig;
  /** Absent: no target is ejected. */
  readonly outlier?: OutlierConfig;
  readonly propagateDeadline: boolean;
  /** Absent: nothing is known of its operations. */
  readonly openapi?: ApiDocument;
}

export type ValueMatcher =
  | { readonly kind: 'equals'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'present' };

/** What `when` says of a value: a matcher, or what only `when` may say. */
export type ConditionMatcher =
  | ValueMatcher
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'not'; readonly matcher: ConditionMatcher };

export type ConditionMatchers = readonly (readonly [name: string, matcher: ConditionMatcher])[];

export type ValueMatchers = readonly (readonly [name: string, matcher: ValueMatcher])[];

/** One alternative of a route's `match`. */
export interface MatchConfig {
  /** A pattern, a regex, or neither: any path. */
  readonly path?: PathPattern;
  readonly pathRegex?: string;
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  readonly headers: ValueMatchers;
  readonly cookies: ValueMatchers;
  readonly query: ValueMatchers;
}

/** What a route says differently from the upstreams it calls. */
export interface CallOverrides {
  readonly deadlineMs?: number;
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** The longest silence of a stream, in place of `idleTimeoutMs`; in gRPC, of both sides at once. */
  readonly streamIdleMs?: number;
  /** `false`: one try. */
  readonly retry?: RetryConfig | false;
  /** Most of an upstream's slots that the route may hold, 0 to 1. */
  readonly bulkheadShare?: number;
}

export interface RouteConfig {
  readonly name: string;
  /** Who answers for it; absent: the config does not say. */
  readonly owner?: string;
  readonly priority: number;
  readonly matches: readonly MatchConfig[];
  readonly action: ActionConfig;
  /** Options by the plugin's name; only the plugins that are on. */
  readonly plugins: Readonly<Record<string, unknown>>;
  readonly overrides: CallOverrides;
  readonly bodyLimitBytes: number;
  /** How documents tell of it; `false`: not at all. Absent: with all that it serves. */
  readonly docs?: RouteDocs | false;
}

export interface RouteDocs {
  readonly tag?: string;
  /** Paths of the upstream's document, with or without a method. */
  readonly only?: readonly string[];
  readonly deprecated: boolean;
}
