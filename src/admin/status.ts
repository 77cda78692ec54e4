/**
 * What the gateway reports about itself on `/status`: names, states and counts, never values from the
 * config.
 */
import { formatMatch } from '../routes/format-match.ts';
import type { Circuit, CircuitName } from '../policies/circuit.ts';
import { formatFault } from '../config/fault.ts';
import type { Generation } from '../generation.ts';
import type { Reload } from '../running/reloader.ts';

export interface GatewayStatus {
  readonly generation: number;
  readonly ready: boolean;
  readonly uptimeSeconds: number;
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** The last reload; absent before the first. */
  readonly reload?: ReloadStatus;
  readonly inflight: number;
  readonly routes: readonly RouteStatus[];
  readonly upstreams: readonly UpstreamStatus[];
}

export interface ReloadStatus extends Omit<Reload, 'faults'> {
  /** With file and line. */
  readonly faults: readonly string[];
}

export interface RouteStatus {
  readonly name: string;
  /** `GET,POST /api/orders/*` */
  readonly match: readonly string[];
  readonly action: string;
  readonly plugins: readonly string[];
}

export interface UpstreamStatus {
  readonly name: string;
  /** Absent if there is no breaker. */
  readonly circuit?: CircuitName;
  /** How long it has been in this state. */
  readonly circuitSeconds?: number;
  /** Why it opened; absent while it is closed. */
  readonly circuitWhy?: string;
  readonly slots: { readonly used: number; readonly concurrency: number; readonly queued: number };
  readonly targets: readonly {
    readonly origin: string;
    readonly weight: number;
    readonly inflight: number;
    /** According to active checks. */
    readonly healthy: boolean;
    /** Ejected for a while because its traffic failed. */
    readonly ejected: boolean;
  }[];
  /** Too few targets are available, so all of them get calls. */
  readonly panic: boolean;
}

export interface RunningStatus {
  readonly isReady: boolean;
  readonly uptimeMs: number;
  /** The last one. */
  readonly reload: Reload | undefined;
  readonly rolledBackTo: number | undefined;
}

/** What the admin port says of a reload. */
export const reloadStatus = ({ faults, ...reload }: Reload): ReloadStatus => ({
  ...reload,
  faults: faults.map(formatFault),
});

export function statusOf(
  { number, config, upstreams, inflight, describeAction }: Generation,
  { isReady, uptimeMs, reload, rolledBackTo }: RunningStatus,
): GatewayStatus {
  return {
    generation: number,
    ready: isReady,
    uptimeSeconds: Math.round(uptimeMs / 1_000),
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    ...(reload === undefined ? {} : { reload: reloadStatus(reload) }),
    inflight: inflight(),
    routes: config.routes.map(({ name, matches, action, plugins }) => ({
      name,
      match: matches.map(formatMatch),
      action: describeAction(action),
      plugins: Object.keys(plugins),
    })),
    upstreams: [...upstreams.values()].map(({ state: { name, circuit, slots, targets } }) => ({
      name,
      ...circuitStatus(circuit),
      slots: { used: slots.used, concurrency: slots.concurrency, queued: slots.queued },
      targets: targets.all.map(({ origin, weight, inflight: open, isHealthy, isEjected }) => ({
        origin,
        weight,
        inflight: open,
        healthy: isHealthy,
        ejected: isEjected,
      })),
      panic: targets.isPanicking,
    })),
  };
}

function circuitStatus(
  circuit: Circuit | undefined,
): Pick<UpstreamStatus, 'circuit' | 'circuitSeconds' | 'circuitWhy'> {
  if (circuit === undefined) return {};
  const { state, stateMs, why } = circuit;
  return {
    circuit: state,
    circuitSeconds: Math.round(stateMs / 1_000),
    ...(why === undefined ? {} : { circuitWhy: why }),
  };
}
