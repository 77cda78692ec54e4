/**
 * What the operator's page shows from second to second. A snapshot covers what has happened since the one before, so
 * all viewers share one overview. Between `begin` and `end` one is taken about once a second.
 */
import type { EventCounts } from '../observe/metrics.ts';
import { ProcessWatch } from '../observe/process-use.ts';
import { sumOfCounts, Traffic } from '../observe/traffic.ts';
import { version } from '../running/version.ts';
import { failingNames } from './name-status.ts';
import { isoTime } from './iso-time.ts';
import { abortedSides } from './splits.ts';
import type { UpstreamState } from '../upstream/state.ts';
import type {
  GatewayFacts,
  ProcessFacts,
  Snapshot,
  TargetStatus,
  UpstreamSnapshot,
} from './page-data.ts';
import {
  certificateStatuses,
  configStatus,
  descriptorStatus,
  reloadStatus,
  type Running,
  storeStatus,
} from './status.ts';
import { attemptsOf, busiest, eventRates, trafficOf } from './traffic-status.ts';
import { upstreamStatus } from './upstream-status.ts';

const MOST = {
  routes: 500,
  upstreams: 200,
  targets: 100,
  names: 20,
  sides: 20,
  problems: 10,
} as const;

/** A shorter time says nothing about rates. */
const LEAST_STEP_MS = 100;

/** The window has so many steps, and one moment more. */
const MOMENTS = 11;

export class Overview {
  readonly #running: () => Running;
  readonly #requests: Traffic;
  readonly #attempts: Traffic;
  readonly #process = new ProcessWatch();
  /** What had happened at each of the last moments, oldest first. */
  #events: readonly EventCounts[] = [];
  /** When the last step was taken, on the clock. */
  #at = 0;

  constructor(running: () => Running) {
    this.#running = running;
    const { metrics } = running().world;
    this.#requests = new Traffic(() => metrics.requests);
    this.#attempts = new Traffic(() => metrics.attempts);
  }

  begin(): void {
    this.#at = this.#running().world.clock.now();
    this.#requests.begin();
    this.#attempts.begin();
    this.#events = [];
    this.#process.begin();
  }

  end(): void {
    this.#process.end();
  }

  async take(): Promise<Snapshot> {
    const running = this.#running();
    const { world, generation } = running;
    this.#step(world.clock.now());
    this.#events = [...this.#events.slice(1 - MOMENTS), world.metrics.events()];
    const { byName, seconds } = this.#requests;
    return {
      at: new Date(world.wallClock()).toISOString(),
      windowSeconds: seconds,
      gateway: gatewayFacts(running, { ...this.#process.read(), descriptors: descriptorStatus() }),
      totals: trafficOf(sumOfCounts([...byName.values()]), seconds),
      routes: busiest(byName, seconds, MOST.routes),
      moreRoutes: Math.max(byName.size - MOST.routes, 0),
      routeCount: generation.config.routes.length,
      ...this.#upstreams(running),
      ...eventRates(this.#events, seconds),
      plugins: generation.pluginReports(),
      abortedSides: abortedSides(generation.splits, MOST.sides),
      failingNames: failingNames(world, MOST.names),
      certificates: certificateStatuses(running),
      problems: world.recent.news(MOST.problems),
      ...storeStatus(generation, world),
    };
  }

  #step(now: number): void {
    if (now - this.#at < LEAST_STEP_MS) return;
    const seconds = (now - this.#at) / 1_000;
    this.#at = now;
    this.#requests.step(seconds);
    this.#attempts.step(seconds);
  }

  #upstreams({ generation, world }: Running): Pick<Snapshot, 'upstreams' | 'moreUpstreams'> {
    const { byName, seconds } = this.#attempts;
    const all = [...generation.upstreams.values()].map(({ state }) => state);
    const chosen = troubledFirst(all, isTroubled, MOST.upstreams);
    const upstreams = chosen.map((state): UpstreamSnapshot => {
      const { targets, ...status } = upstreamStatus(state, world);
      return {
        ...status,
        targets: troubledFirst(targets, isOut, MOST.targets),
        moreTargets: Math.max(targets.length - MOST.targets, 0),
        traffic: attemptsOf(byName.get(state.name), seconds),
      };
    });
    return { upstreams, moreUpstreams: Math.max(all.length - MOST.upstreams, 0) };
  }
}

/** Up to `most`, each in its order. */
function troubledFirst<T>(all: readonly T[], isTroubled: (each: T) => boolean, most: number): T[] {
  if (all.length <= most) return [...all];
  const { first = [], then = [] } = Object.groupBy(all, (each) =>
    isTroubled(each) ? 'first' : 'then',
  );
  return [...first, ...then].slice(0, most);
}

const isOut = ({ healthy, ejected }: TargetStatus): boolean => !healthy || ejected;

const isTroubled = ({ circuit, targets }: UpstreamState): boolean =>
  (circuit !== undefined && circuit.state !== 'closed') ||
  targets.all.some(({ isAvailable }) => !isAvailable);

function gatewayFacts(running: Running, facts: ProcessFacts): GatewayFacts {
  const { world, generation, isReady, uptimeMs, reload, rolledBackTo, url, connections } = running;
  const { admin } = generation.config;
  return {
    version: version(),
    generation: generation.number,
    ready: isReady,
    startedAt: isoTime(world.clock.now() - uptimeMs, world),
    uptimeSeconds: Math.round(uptimeMs / 1_000),
    url,
    config: configStatus(running),
    ...(reload === undefined ? {} : { reload: reloadStatus(reload) }),
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    restartRequired: reload?.restartRequired ?? [],
    inflight: generation.inflight(),
    connections,
    logLinesDropped: world.logOutput?.dropped ?? 0,
    hasToken: admin?.token !== undefined,
    keptRequests: world.recent.most,
    ...facts,
  };
}
