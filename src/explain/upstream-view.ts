/** An upstream as a route calls it: its policies with their numbers, and how the next target is chosen. */
import type {
  BalanceConfig,
  BreakerConfig,
  BulkheadConfig,
  CallOverrides,
  HealthConfig,
  OutlierConfig,
  RetryConfig,
} from '../config/build/config.ts';
import type { UpstreamLease } from '../upstream/lease.ts';

export interface UpstreamView {
  readonly name: string;
  readonly policies: PoliciesView;
  readonly balance: BalanceConfig;
  /** Its targets are looked up, and not listed in the config. */
  readonly isDiscovered: boolean;
  readonly targets: readonly TargetView[];
  /** Further targets that are not listed. */
  readonly moreTargets: number;
  /** Too few targets are available, so all of them get calls. */
  readonly panic: boolean;
  /** Absent if there is no breaker. */
  readonly circuit?: string;
  readonly slots: { readonly used: number; readonly queued: number };
  /** WebSockets and other streams; `most`: its `sockets`. */
  readonly streams: { readonly open: number; readonly most: number };
}

/** Times in milliseconds; `false`: there is none. */
export interface PoliciesView {
  readonly deadlineMs: number;
  readonly retry: RetryConfig | false;
  readonly breaker: BreakerConfig | false;
  /** `share`: the most of the slots that the route may hold, 0 to 1. */
  readonly bulkhead: BulkheadConfig & { readonly share?: number };
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** In place of it for streams, if the route says so. */
  readonly streamIdleMs?: number;
  readonly outlier: OutlierConfig | false;
  readonly health: HealthConfig | false;
}

export interface TargetView {
  readonly origin: string;
  readonly weight: number;
  readonly inflight: number;
  readonly healthy: boolean;
  readonly ejected: boolean;
}

const MOST_TARGETS = 50;

export function viewOfUpstream(
  { config, state }: UpstreamLease,
  overrides: CallOverrides,
): UpstreamView {
  const { targets, slots, streams, circuit } = state;
  return {
    name: config.name,
    policies: policiesOf(config, overrides),
    balance: config.balance,
    isDiscovered: config.discover !== undefined,
    targets: targets.all
      .slice(0, MOST_TARGETS)
      .map(({ origin, weight, inflight, isHealthy, isEjected }) => ({
        origin,
        weight,
        inflight,
        healthy: isHealthy,
        ejected: isEjected,
      })),
    moreTargets: Math.max(0, targets.all.length - MOST_TARGETS),
    panic: targets.isPanicking,
    ...(circuit !== undefined && { circuit: circuit.state }),
    slots: { used: slots.used, queued: slots.queued },
    streams: { open: streams.open, most: streams.most },
  };
}

function policiesOf(
  config: UpstreamLease['config'],
  { deadlineMs, timeoutMs, idleTimeoutMs, streamIdleMs, retry, bulkheadShare }: CallOverrides,
): PoliciesView {
  return {
    deadlineMs: deadlineMs ?? config.deadlineMs,
    retry: retry ?? config.retry ?? false,
    breaker: config.breaker ?? false,
    bulkhead: {
      ...config.bulkhead,
      ...(bulkheadShare !== undefined && { share: bulkheadShare }),
    },
    timeoutMs: timeoutMs ?? config.timeoutMs,
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: idleTimeoutMs ?? config.idleTimeoutMs,
    ...(streamIdleMs !== undefined && { streamIdleMs }),
    outlier: config.outlier ?? false,
    health: config.health ?? false,
  };
}
