/** The hooks of a route's plugins as explaining runs them: each says what it would do, and does nothing. */
import { exchangeOf } from '../edge/client-exchange.ts';
import { toGatewayError } from '../core/errors.ts';
import type { PluginStep, Trace } from './explain-trace.ts';
import { asHook, type FastifyHook } from './fastify-hook.ts';
import { type HookSet, requestSets } from './hook-sets.ts';

/** In the order in which a route runs them. */
export function explainedSteps(sets: readonly HookSet[], trace: Trace): readonly FastifyHook[] {
  return requestSets(sets).map((set) => explainedStep(set, trace));
}

/** The steps after the one at which a request ended. */
export function stepsNotReached(sets: readonly HookSet[], reached: number): PluginStep[] {
  return requestSets(sets)
    .slice(reached)
    .map((set) => step(set, { outcome: 'not reached', isCertain: true }));
}

function explainedStep(set: HookSet, { steps }: Trace): FastifyHook {
  const { hooks, guarded } = set;
  return asHook(async (request, reply) => {
    if (hooks.explain === undefined) {
      steps.push(step(set, { outcome: 'not run', isCertain: false }));
      return;
    }
    try {
      const {
        says = '',
        isCertain = true,
        refusal,
      } = (await guarded.explain(request, reply)) ?? {};
      if (refusal !== undefined) {
        steps.push(step(set, { outcome: 'refuses', says, isCertain, refusal }));
        throw refusal;
      }
      const hasAnswered = reply.sent || exchangeOf(request.raw).isAnswering;
      const outcome = hasAnswered ? 'answers' : 'passes';
      steps.push(step(set, { outcome, says, isCertain }));
    } catch (error) {
      const refusal = toGatewayError(error);
      const isTold = steps.at(-1)?.refusal === refusal;
      if (!isTold) steps.push(step(set, { outcome: 'refuses', isCertain: true, refusal }));
      throw error;
    }
  });
}

type Told = Pick<PluginStep, 'outcome' | 'isCertain'> & Partial<PluginStep>;

const step = (set: HookSet, told: Told): PluginStep => ({ set, says: '', ...told });
