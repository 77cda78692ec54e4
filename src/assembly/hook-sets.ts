/** The hooks that plugins make for one place, and the order in which they run. */
import { PHASES, type PluginHooks } from '../authoring/plugin-hooks.ts';
import type { Policy } from '../core/call.ts';
import type { ErrorForm } from '../edge/error-form.ts';
import type { AnswerConverter, BodyTransform, RequestHook, ResponseHook } from '../routes/route.ts';
import type { GuardedHooks } from './guarded-hooks.ts';

/** The hooks of plugins on one route. */
export interface RouteHooks {
  readonly request: readonly RequestHook[];
  readonly takers: readonly AnswerConverter[];
  readonly response: readonly ResponseHook[];
  readonly transforms: readonly BodyTransform[];
  readonly converters: readonly AnswerConverter[];
  readonly errorForm: ErrorForm | undefined;
  readonly outer: (upstream: string) => Policy[];
  readonly inner: (upstream: string) => Policy[];
  readonly answersPreflight: boolean;
}

/** A set of hooks that one plugin made for one place. */
export interface HookSet {
  readonly plugin: string;
  /** The plugin's position among all plugins. */
  readonly order: number;
  readonly hooks: PluginHooks;
  readonly guarded: GuardedHooks;
}

const inOrder = (sets: readonly HookSet[]): HookSet[] => sets.toSorted((a, b) => a.order - b.order);

/** The sets that look at requests, in order of phase, and within a phase in the order of the plugins. */
export function requestSets(sets: readonly HookSet[]): readonly HookSet[] {
  return inOrder(sets)
    .filter(({ hooks }) => hooks.onRequest !== undefined)
    .toSorted((a, b) => PHASES.indexOf(a.hooks.phase!) - PHASES.indexOf(b.hooks.phase!));
}

/** The sets with a policy at `place`, outermost first. */
export function policySets(sets: readonly HookSet[], place: 'outer' | 'inner'): HookSet[] {
  return inOrder(sets).filter(
    ({ hooks }) => hooks.policy !== undefined && (hooks.place ?? 'outer') === place,
  );
}

/** The hooks of a route, in the order in which they run. */
export function routeHooks(sets: readonly HookSet[]): RouteHooks {
  const on = inOrder(sets);
  const request = requestSets(sets);
  const policies = (place: 'outer' | 'inner') => (upstream: string) =>
    policySets(sets, place).map(({ guarded }) => guarded.policy(upstream));
  return {
    request: request.map(({ guarded }) => guarded.onRequest()),
    takers: on.flatMap(({ hooks, guarded }) =>
      hooks.answered === undefined ? [] : [guarded.answered()],
    ),
    response: on.flatMap(({ hooks, guarded }) =>
      hooks.onResponse === undefined ? [] : [guarded.onResponse()],
    ),
    transforms: on.flatMap(({ hooks, guarded }) =>
      hooks.transform === undefined ? [] : [guarded.transform()],
    ),
    // The first plugins are nearest to the client.
    converters: on
      .toReversed()
      .flatMap(({ hooks, guarded }) => (hooks.convert === undefined ? [] : [guarded.convert()])),
    errorForm: lastForm(
      on.flatMap(({ hooks, guarded }) =>
        hooks.errorAnswer === undefined ? [] : [guarded.errorAnswer()],
      ),
    ),
    outer: policies('outer'),
    inner: policies('inner'),
    answersPreflight: request.some(({ hooks }) => hooks.phase === 'cors'),
  };
}

/** The form of the last that knows the client's protocol: those of an endpoint come after those of its route. */
function lastForm(forms: readonly ErrorForm[]): ErrorForm | undefined {
  if (forms.length < 2) return forms[0];
  const latest = forms.toReversed();
  return (request, error) => {
    for (const form of latest) {
      const formed = form(request, error);
      if (formed !== undefined) return formed;
    }
    return undefined;
  };
}
