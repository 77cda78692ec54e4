/** What the generations of a test share. */
import { pino } from 'pino';
import { KeptValues } from '../../src/assembly/kept-values.ts';
import { gaugesOf } from '../../src/assembly/upstream-gauges.ts';
import type { World } from '../../src/assembly/world.ts';
import { systemClock } from '../../src/core/clock.ts';
import { OpenStreams } from '../../src/core/open-streams.ts';
import { requestIds } from '../../src/edge/request-id.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { RecentRequests } from '../../src/observe/recent-requests.ts';
import { Traces } from '../../src/observe/traces.ts';
import { ConsumerStreams } from '../../src/policies/consumer-streams.ts';
import { CollectedBytes } from '../../src/policies/collect.ts';
import { Mirrors } from '../../src/routes/mirror/mirrors.ts';
import { RouteChanges } from '../../src/routes/route-changes.ts';
import { Fetcher } from '../../src/upstream/fetcher.ts';
import { Names } from '../../src/upstream/names/names.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';

const random = (): number => 0.5;

/** There are no upstreams in it yet. */
export function emptyWorld(): World {
  const names = new Names({ clock: systemClock });
  const upstreams = new UpstreamRegistry({ clock: systemClock, random, names });
  return {
    clock: systemClock,
    wallClock: Date.now,
    random,
    names,
    fetcher: new Fetcher(names),
    log: pino({ level: 'silent' }),
    logAccess: () => undefined,
    metrics: new Metrics(() => gaugesOf(upstreams)),
    upstreams,
    collected: new CollectedBytes(),
    streams: new OpenStreams(systemClock),
    consumerStreams: new ConsumerStreams(),
    mirrors: new Mirrors(),
    routeChanges: new RouteChanges(),
    kept: new KeptValues(),
    traces: new Traces(systemClock),
    recent: new RecentRequests(),
    checking: false,
    nextRequestId: requestIds(),
  };
}
