/**
 * What the gateway runs on: checked, complete, frozen; durations in milliseconds, sizes in bytes.
 *
 * Loaded whole, never edited: a reload builds the next one beside it.
 */
import type { PathRules } from '../canonical-path.ts';
import type { PathPattern } from './path-pattern.ts';
import type { ParsedPart } from './schema-route.ts';

export interface Config {
  /** Absolute paths of every file it came from, certificates among them. */
  readonly files: readonly string[];
  readonly server: ServerConfig;
  /** Absent: no admin port. */
  readonly admin?: { readonly host: string; readonly port: number };
  readonly logs: { readonly level: string; readonly access: boolean };
  /** Settings by the plugin's name, as its schema gave them. */
  readonly plugins: Readonly<Record<string, unknown>>;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  /** In the order of the file. */
  readonly routes: readonly RouteConfig[];
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly paths: PathRules;
  readonly limits: {
    readonly bodyBytes: number;
    readonly headersBytes: number;
    readonly urlBytes: number;
    readonly headersTimeoutMs: number;
    readonly idleMs: number;
    readonly keepAliveMs: number;
    readonly connections: number;
  };
  /** Routes may have plugins that make faults. */
  readonly allowFaults: boolean;
  readonly shutdown: { readonly delayMs: number; readonly graceMs: number };
}

export interface TargetConfig {
  readonly origin: string;
  readonly weight: number;
}

interface BreakerCommon {
  readonly openMs: number;
  readonly probes: number;
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

/** PEM text; no names of files any more. */
export interface UpstreamTlsConfig {
  /** Absent: the public authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Absent: the host of the target. */
  readonly servername?: string;
}

export interface UpstreamConfig {
  readonly name: string;
  readonly targets: readonly TargetConfig[];
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connections: number;
  readonly balance: 'leastRequest' | 'roundRobin';
  /** `target`, `client`, or a name. */
  readonly host: string;
  /** For `https` targets; absent: nothing but the defaults. */
  readonly tls?: UpstreamTlsConfig;
  readonly http2: boolean;
  readonly bulkhead: BulkheadConfig;
  /** Absent: no breaker, and no code of one runs. */
  readonly breaker?: BreakerConfig;
  /** Absent: one try. */
  readonly retry?: RetryConfig;
}

export type ValueMatcher =
  | { readonly kind: 'equals'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'present' };

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

export type PartConfig = ParsedPart & { readonly name: string };

export type ActionConfig =
  | { readonly kind: 'forward'; readonly upstream: string; readonly rewrite?: string }
  | {
      readonly kind: 'aggregate';
      readonly parts: readonly PartConfig[];
      readonly minimum: number;
      readonly forwardHeaders: readonly string[];
    }
  | { readonly kind: 'bff'; readonly mount: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly status: number }
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    };

/** What a route says differently from the upstreams it calls. */
export interface CallOverrides {
  readonly deadlineMs?: number;
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** `false`: one try. */
  readonly retry?: RetryConfig | false;
}

export interface RouteConfig {
  readonly name: string;
  readonly priority: number;
  readonly matches: readonly MatchConfig[];
  readonly action: ActionConfig;
  /** Options by the plugin's name; only the plugins that are on. */
  readonly plugins: Readonly<Record<string, unknown>>;
  readonly overrides: CallOverrides;
  readonly bodyLimitBytes: number;
}
