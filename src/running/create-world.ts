/** Creates what outlives generations: once for a gateway, shared by all its generations. */
import { EngineHost } from '../assembly/engine-host.ts';
import { KeptValues } from '../assembly/kept-values.ts';
import { OperationReports } from '../assembly/operation-reports.ts';
import { nameLog, upstreamLog } from '../assembly/upstream-log.ts';
import { gaugesOf } from '../assembly/upstream-gauges.ts';
import type { World } from '../assembly/world.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { OpenStreams } from '../core/open-streams.ts';
import type { Config } from '../config/build/config.ts';
import { openEngine } from '../engine/open-engine.ts';
import { descriptorNotice } from '../listener/descriptor-notice.ts';
import { requestIds } from '../edge/request-id.ts';
import { accessObjects } from '../observe/access-log.ts';
import { createLog, type Log, type LogOutput, logOutput } from '../observe/log.ts';
import { openTracing } from '../observe/tracing/open-tracing.ts';
import { version } from './version.ts';
import { Metrics } from '../observe/metrics.ts';
import { RecentRequests } from '../observe/recent-requests.ts';
import { Traces } from '../observe/traces.ts';
import { ConsumerStreams } from '../policies/consumer-streams.ts';
import { CollectedBytes } from '../policies/collect.ts';
import { Mirrors } from '../routes/mirror/mirrors.ts';
import { RouteChanges } from '../routes/route-changes.ts';
import { Fetcher } from '../upstream/fetcher.ts';
import { Names } from '../upstream/names/names.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import type { GatewayOptions } from '../gateway.ts';

/** Opens only the log. */
export function createWorld(options: GatewayOptions, config: Config): World {
  const {
    clock = systemClock,
    wallClock = Date.now,
    random = Math.random,
    checking = false,
    send,
    fetch: fetching,
  } = options;
  const { log, logAccess, output } = openLog(options, config.logs.level, clock);
  const names = new Names({ clock, files: options.systemFiles, onEvent: nameLog(log) });
  const onNoDescriptors = descriptorNotice(clock, log);
  const upstreams = new UpstreamRegistry({
    clock,
    onNoDescriptors,
    random,
    checking,
    names,
    ...upstreamLog(log, () => metrics),
  });
  const streams = new OpenStreams(clock);
  const metrics: Metrics = new Metrics(
    () => gaugesOf(upstreams),
    () => output?.dropped ?? 0,
    () => streams,
  );
  if (!checking) metrics.watchProcess();
  return {
    clock,
    wallClock,
    random,
    log,
    logAccess,
    logOutput: output,
    metrics,
    names,
    fetcher: fetching === undefined ? new Fetcher(names) : notFetching(fetching),
    upstreams,
    collected: new CollectedBytes(),
    streams,
    consumerStreams: new ConsumerStreams(),
    mirrors: new Mirrors(),
    routeChanges: new RouteChanges(),
    kept: new KeptValues(),
    engines: new EngineHost(
      (store) => openEngine(store, clock),
      new OperationReports({ log, clock, wallClock, metrics }),
    ),
    traces: new Traces(clock),
    recent: new RecentRequests(),
    checking,
    onNoDescriptors,
    nextRequestId: requestIds(),
    openTracing: (tracing) => {
      const env = options.environment;
      return openTracing(tracing, { env, version: version(), clock, random, log, metrics });
    },
    send,
    watchOf: options.watchOf,
  };
}

/** Holds no connections. */
const notFetching = (fetch: typeof globalThis.fetch): World['fetcher'] => ({
  fetch,
  close: () => Promise.resolve(),
});

function openLog(
  { log, logOutput: given }: GatewayOptions,
  level: string,
  clock: Clock,
): Log & { readonly output?: LogOutput } {
  if (log !== undefined) return { log, logAccess: accessObjects(log) };
  const output = given ?? logOutput(clock);
  return { ...createLog(level, output), output };
}
