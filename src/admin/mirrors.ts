/**
 * `GET /mirrors`: what mirrors get, and what comparing their answers has shown. `GET /mirrors/{route}`: the last
 * answers that differed. Both are guarded like traces: names of fields may be data, where objects are used as maps.
 */
import type { FastifyInstance } from 'fastify';
import type { CompareConfig, MirrorConfig } from '../config/build/mirror.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { MirrorState } from '../routes/mirror/mirror-state.ts';
import type { MirrorComparison, MirrorDifferences, MirrorList, MirrorStatus } from './page-data.ts';
import type { Running } from './status.ts';

const MOST_FIELDS = 20;

/** `app` admits only those who may read traces. */
export function addMirrors(app: FastifyInstance, running: () => Running): void {
  app.get('/mirrors', async (_request, reply): Promise<MirrorList> => {
    void reply.header('cache-control', 'no-store');
    return { mirrors: mirrorStatuses(running()) };
  });
  app.get<{ Params: { route: string } }>('/mirrors/:route', async ({ params }, reply) => {
    void reply.header('cache-control', 'no-store');
    const { generation, world } = running();
    const route = generation.config.routes.find(({ name }) => name === params.route);
    const mirrors = route?.action.mirrors ?? [];
    if (mirrors.length === 0) {
      return reply.code(404).send({ error: 'no route with this name has a mirror' });
    }
    const answer: MirrorDifferences = {
      route: params.route,
      mirrors: mirrors.map((mirror) => ({
        upstream: mirror.upstream,
        differences: world.mirrors.find(params.route, mirror)?.seen ?? [],
      })),
    };
    return answer;
  });
}

const mirrorStatuses = ({ generation, world }: Running): MirrorStatus[] =>
  generation.config.routes.flatMap((route) =>
    (route.action.mirrors ?? []).flatMap((mirror) => {
      const state = world.mirrors.find(route.name, mirror);
      return state === undefined ? [] : mirrorStatus(route, mirror, state);
    }),
  );

function mirrorStatus(
  { name }: RouteConfig,
  { upstream, share, concurrency, compare }: MirrorConfig,
  state: MirrorState,
): MirrorStatus {
  return {
    route: name,
    upstream,
    percent: share * 100,
    open: state.open,
    concurrency,
    outcomes: Object.fromEntries(state.outcomes),
    ...(compare && { comparison: comparisonOf(state, compare, MOST_FIELDS) }),
  };
}

/** With up to `most` fields. */
export function comparisonOf(
  { evidence }: MirrorState,
  { promote }: CompareConfig,
  most: number,
): MirrorComparison {
  const figures = evidence.figures(promote, most);
  const { compared, different } = figures;
  return { ...figures, ratio: compared === 0 ? 0 : different / compared };
}
