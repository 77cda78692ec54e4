/**
 * `GET /migration`: where each route stands that moves from one upstream to another. Guarded like traces, because names of
 * fields that differ may be data.
 */
import type { FastifyInstance } from 'fastify';
import type { MirrorConfig } from '../config/build/mirror.ts';
import type { RouteConfig } from '../config/build/config.ts';
import { Slices } from '../core/slices.ts';
import type { Generation } from '../generation.ts';
import { formatMatch } from '../routes/format-match.ts';
import { isMoving } from '../routes/route-changes.ts';
import { RECENT_MS, type RunningSplit } from '../routes/running-split.ts';
import { comparisonOf } from './mirrors.ts';
import { nextStep } from './next-step.ts';
import type {
  MigrationList,
  MigrationMirror,
  MigrationSide,
  MigrationStatus,
} from './page-data.ts';
import { sideStatuses } from './splits.ts';
import type { Running } from './status.ts';
import { unusedUpstreams } from './unused-upstreams.ts';
import { WiderRoutes } from './wider-routes.ts';

/** Fields that are told of a mirror; `GET /mirrors` tells more. */
const MOST_FIELDS = 3;

/** `app` admits only those who may read traces. */
export function addMigration(app: FastifyInstance, running: () => Running): void {
  app.get('/migration', async (_request, reply) => {
    void reply.header('cache-control', 'no-store');
    return migrationOf(running());
  });
}

/** Ten thousand routes may move: other work has its turn in between. */
async function migrationOf({ generation, world }: Running): Promise<MigrationList> {
  const { config, splits, upstreamsOf } = generation;
  const moving = config.routes.filter(isMoving);
  const wider = new WiderRoutes(config.routes, upstreamsOf);
  const around = new Map(moving.map((route) => [route.name, wider.around(route)]));
  const parts = Map.groupBy(moving, ({ name }) => around.get(name)?.route);
  const statusOf = (route: RouteConfig): MigrationStatus => {
    const { name, matches } = route;
    const split = splits.at(name);
    const sides = split === undefined ? wholeOf(route, upstreamsOf) : sidesOf(split);
    const mirrors = (route.action.mirrors ?? []).map((mirror) => mirrorOf(name, mirror, world));
    const change = world.routeChanges.of(name);
    const owner = route.owner ?? sides[0]?.upstream;
    return {
      route: name,
      match: matches.map(formatMatch),
      ...(owner !== undefined && { owner }),
      sides,
      mirrors,
      ...(change && {
        changed: { at: new Date(change.at).toISOString(), generation: change.generation },
      }),
      next: nextStep({
        route: name,
        sides,
        mirrors,
        around: around.get(name)?.upstream,
        parts: parts.get(name)?.length ?? 0,
      }),
    };
  };
  const slices = new Slices();
  const statuses: MigrationStatus[] = [];
  for (const route of moving) {
    statuses.push(statusOf(route));
    await slices.pause();
  }
  return {
    windowSeconds: RECENT_MS / 1_000,
    routes: statuses,
    unused: unusedUpstreams(config, upstreamsOf),
  };
}

/** A route that is not divided: its calls are not counted by themselves. */
const wholeOf = (
  route: RouteConfig,
  upstreamsOf: Generation['upstreamsOf'],
): readonly MigrationSide[] =>
  route.action.kind === 'forward'
    ? [{ upstream: upstreamsOf(route)[0]!, weight: 1, share: 1 }]
    : [];

function sidesOf(split: RunningSplit): readonly MigrationSide[] {
  const figures = split.figures();
  return sideStatuses(split).map((side, i) => ({ ...side, traffic: figures[i]! }));
}

function mirrorOf(
  route: string,
  mirror: MirrorConfig,
  { mirrors }: Running['world'],
): MigrationMirror {
  const { upstream, compare } = mirror;
  const state = mirrors.find(route, mirror);
  if (compare === undefined || state === undefined) return { upstream };
  return {
    upstream,
    comparison: { ...comparisonOf(state, compare, MOST_FIELDS), minimum: compare.promote.minimum },
  };
}
