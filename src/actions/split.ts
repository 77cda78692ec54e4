/**
 * Divides the requests of a route among several upstreams, each of which forwards its own: to replace a system piece
 * by piece (strangler fig), or to try a new version on few clients (canary).
 *
 * A side is a forward action of its own. So whatever a forwarded route may have (`rewrite`, `fallback`, WebSockets …)
 * works for its side, and this file only chooses.
 */
import type { BuildPlace } from '../config/actions.ts';
import type { MirrorConfig } from '../config/build/mirror.ts';
import { defined } from '../config/build/upstream.ts';
import { isMap } from '../config/yaml/tree.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { mergedOperations } from '../openapi/merge.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import type { SideConfig, SplitConfig } from '../routes/split-config.ts';
import { defineAction, type Parsed } from './action.ts';
import { forward } from './forward.ts';
import { mirrorWords } from './mirrored.ts';
import { checkSplit } from './split-check.ts';
import { planSplit } from './split-plan.ts';
import { splitRisks } from './split-risks.ts';
import { buildAbort, buildWhen, type ParsedSide, Salt, Split, Sticky } from './split-schema.ts';
import { watchedRoute } from './split-watch.ts';

export const split = defineAction({
  key: 'split',
  kind: 'split',
  schema: Split,
  beside: { ...forward.beside, sticky: Sticky, salt: Salt },
  callsUpstreams: true,
  readsBody: true,
  check: checkSplit,
  build(sides, { sticky, salt }, route, place): SplitConfig {
    const built = sides.map((side, i) => buildSide(side, i, route, place));
    const opensSockets = built.some((side) => side.forward.opensSockets === true);
    return defined({
      kind: 'split' as const,
      sides: built,
      sticky,
      salt,
      opensSockets: opensSockets ? true : undefined,
      // The keys of the route, which are those of all sides.
      overrides: built[0]?.forward.overrides,
      mirrors: mirrorsOf(built),
    });
  },
  describe: ({ sides, sticky, mirrors }) =>
    `split among ${sides.map(({ upstream }) => upstream).join(', ')}${sticky === undefined ? '' : ` by ${sticky}`}${mirrorWords(mirrors)}`,
  upstreams: ({ sides }) => sides.flatMap((side) => forward.upstreams(side.forward)),
  risks: splitRisks,
  *loosened({ sides: [before] }, { sides: [now] }) {
    yield* forward.loosened?.(before!.forward, now!.forward) ?? [];
  },
  document: ({ sides }, describing) =>
    mergedOperations(sides.map((side) => forward.document(side.forward, describing))),
  create: splitting,
  plan: planSplit,
});

function buildSide(side: ParsedSide, i: number, route: Parsed, place: BuildPlace): SideConfig {
  const { upstream, weight, ramp = [], when, abort, rewrite = route['rewrite'] } = side;
  return {
    upstream,
    forward: forward.build({ ...withoutOwn(route, upstream), upstream, rewrite }, place),
    weight: weight ?? (i === 0 ? undefined : 0),
    ramp: ramp.map((step) => ({ atMs: step.at, weight: step.weight })),
    ...defined({ when: when && buildWhen(when), abort: abort && buildAbort(abort) }),
  };
}

/** Keys by which a route calls another upstream besides: they mean nothing to the side of that upstream. */
const OTHERS = ['fallback', 'mirror'];

function withoutOwn(route: Parsed, upstream: string): Parsed {
  const isOwn = (value: unknown): boolean => isMap(value) && value['upstream'] === upstream;
  const own = OTHERS.map((key) => {
    const value = route[key];
    if (Array.isArray(value)) return [key, value.filter((each) => !isOwn(each))] as const;
    return [key, isOwn(value) ? undefined : value] as const;
  });
  return { ...route, ...Object.fromEntries(own) };
}

/** Those of all sides, each once. */
function mirrorsOf(sides: readonly SideConfig[]): readonly MirrorConfig[] | undefined {
  const all = sides.flatMap((side) => side.forward.mirrors ?? []);
  const byUpstream = new Map(all.map((mirror) => [mirror.upstream, mirror]));
  return byUpstream.size === 0 ? undefined : [...byUpstream.values()];
}

function splitting(route: Route, config: SplitConfig, context: ActionContext): Action {
  const running = context.splits.open(route.config.name, config);
  const answers = config.sides.map(({ upstream, forward: own }, place) => {
    const side = watchedRoute(route, upstream, running.guardsOf(place));
    return forward.create!(side, own, context);
  });
  return function divided(request, reply, fail) {
    const choice = running.choose(request);
    exchangeOf(request.raw).record.split = choice;
    answers[choice.place]!(request, reply, fail);
  };
}
