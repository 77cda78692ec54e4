/**
 * What the gateway reports about itself on `/status`: names, states and counts, never values from the
 * config.
 */
import { formatMatch } from '../routes/format-match.ts';
import type { World } from '../assembly/world.ts';
import { formatFault } from '../config/fault.ts';
import { descriptorLimit, openDescriptors } from '../core/descriptors.ts';
import type { Generation } from '../generation.ts';
import type { Certificate } from '../listener/certificate-set.ts';
import type { OperationCount } from '../operations/engine.ts';
import type { PastGeneration } from '../running/history.ts';
import type { Reload } from '../running/reloader.ts';
import { version } from '../running/version.ts';
import { knownNames } from './name-status.ts';
import type {
  CertificateStatus,
  ConfigStatus,
  DescriptorStatus,
  GatewayStatus,
  ListenerStatus,
  ReloadStatus,
  RouteStatus,
} from './page-data.ts';
import { sideStatuses } from './splits.ts';
import { upstreamStatus } from './upstream-status.ts';

/** The gateway as it runs, as far as the admin port tells of it. */
export interface Running {
  readonly world: World;
  /** The generation that serves, and how it came to be. */
  readonly generation: Generation;
  readonly past: PastGeneration;
  /** The config file, as it was given. */
  readonly file: string;
  /** Where clients connect. */
  readonly url: string;
  readonly listeners: readonly ListenerStatus[];
  readonly isReady: boolean;
  readonly uptimeMs: number;
  /** The last one. */
  readonly reload: Reload | undefined;
  readonly rolledBackTo: number | undefined;
  /** Open connections of clients. */
  readonly connections: number;
  /** Of all listeners. */
  readonly certificates: readonly Certificate[];
}

/** What the admin port says of a reload. */
export const reloadStatus = ({ faults, ...reload }: Reload): ReloadStatus => ({
  ...reload,
  faults: faults.map(formatFault),
});

export function statusOf(running: Running): GatewayStatus {
  const { world, generation, isReady, uptimeMs, reload, rolledBackTo, connections } = running;
  return {
    generation: generation.number,
    ready: isReady,
    uptimeSeconds: Math.round(uptimeMs / 1_000),
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    ...(reload === undefined ? {} : { reload: reloadStatus(reload) }),
    inflight: generation.inflight(),
    listeners: running.listeners,
    routes: routeStatuses(generation),
    upstreams: [...generation.upstreams.values()].map(({ state }) => upstreamStatus(state, world)),
    version: version(),
    config: configStatus(running),
    connections,
    descriptors: descriptorStatus(),
    logLinesDropped: world.logOutput?.dropped ?? 0,
    names: knownNames(world),
    certificates: certificateStatuses(running),
    plugins: generation.pluginReports(),
    ...storeStatus(generation, world),
  };
}

/** Without the store's address, and without its own words, which may hold it. */
export function storeStatus(
  { config }: Pick<Generation, 'config'>,
  { engines }: Pick<World, 'engines'>,
): Pick<GatewayStatus, 'store'> {
  const health = engines?.reports.health;
  if (config.store === undefined || health === undefined) return {};
  const { isUp, since, open, fault } = health;
  const sum = (counted: readonly OperationCount[]): number =>
    counted.reduce((all, { count }) => all + count, 0);
  const stuck = open.filter(({ status }) => status === 'stuck');
  return {
    store: {
      kind: config.store.place.kind,
      up: isUp,
      since: new Date(since).toISOString(),
      running: sum(open) - sum(stuck),
      stuck: sum(stuck),
      ...(fault && { fault: { at: new Date(fault.at).toISOString(), code: fault.code } }),
    },
  };
}

export const routeStatuses = ({
  config,
  describeAction,
  splits,
}: Generation): readonly RouteStatus[] =>
  config.routes.map(({ name, owner, matches, action, plugins }) => {
    const split = splits.at(name);
    return {
      name,
      ...(owner !== undefined && { owner }),
      match: matches.map(formatMatch),
      action: describeAction(action),
      plugins: Object.keys(plugins),
      ...(split !== undefined && { sides: sideStatuses(split) }),
    };
  });

export const configStatus = ({ file, past, world }: Running): ConfigStatus => ({
  file,
  hash: past.hash,
  since: past.at,
  ageSeconds: Math.max(Math.round((world.wallClock() - Date.parse(past.at)) / 1_000), 0),
  cause: past.cause,
});

export function descriptorStatus(): DescriptorStatus {
  const used = openDescriptors();
  const allowed = descriptorLimit();
  return {
    ...(used !== undefined && { used }),
    ...(Number.isFinite(allowed) && { allowed }),
  };
}

const DAY_MS = 86_400_000;

export const certificateStatuses = ({ certificates, world }: Running): CertificateStatus[] =>
  certificates.map(({ name, expiresAt }) => ({
    name,
    expiresAt: expiresAt.toISOString(),
    daysLeft: Math.floor((expiresAt.getTime() - world.wallClock()) / DAY_MS),
  }));
