/** What the plugins of a route would do with a request, in the order in which they run. */
import { stepsNotReached } from '../assembly/explained-steps.ts';
import type { PluginStep, Trace } from '../assembly/explain-trace.ts';
import type { HookSet } from '../assembly/hook-sets.ts';
import type { PluginView } from './explanation.ts';

export function pluginViews({ sets, steps }: Trace): readonly PluginView[] {
  const looking = [...steps, ...stepsNotReached(sets, steps.length)];
  const changing = sets.filter(({ hooks }) => hooks.onRequest === undefined);
  return [
    ...looking.map(viewOfStep),
    ...changing.map((set) => ({
      plugin: set.plugin,
      says: '',
      isCertain: true,
      changes: changesOf(set),
    })),
  ];
}

function viewOfStep({ set, outcome, says, isCertain, refusal }: PluginStep): PluginView {
  const reason = refusal?.options.reason;
  return {
    plugin: set.plugin,
    phase: set.hooks.phase!,
    outcome,
    says,
    isCertain,
    ...(refusal && { code: refusal.code, detail: refusal.message }),
    ...(reason !== undefined && { reason }),
    changes: changesOf(set),
  };
}

const changesOf = ({ hooks }: HookSet): PluginView['changes'] => [
  ...(hooks.policy === undefined ? [] : ['calls' as const]),
  ...(hooks.onResponse === undefined ? [] : ['answers' as const]),
  ...(hooks.transform === undefined && hooks.convert === undefined ? [] : ['bodies' as const]),
];
