/** Tells to which side a request would go, and what it would be sent, by the functions that serve. */
import type { ActionContext } from '../routes/route.ts';
import type { SplitConfig } from '../routes/split-config.ts';
import type { SplitDecision, RunningSplit } from '../routes/running-split.ts';
import { forward } from './forward.ts';
import type { Planner, PlannedSplit } from './plan.ts';

export function planSplit({ sides }: SplitConfig, context: ActionContext): Planner {
  const plans = sides.map((side) => forward.plan!(side.forward, context));
  return (exchange) => {
    // Both are there by now: the route has been made, and its hooks have run.
    const running = context.splits.at(exchange.route)!;
    const decision = running.explain(exchange.reply!.request);
    const plan = plans[decision.choice.place]!(exchange);
    return { ...plan, split: plannedSplit(running, decision) };
  };
}

function plannedSplit(
  running: RunningSplit,
  { choice, isCertain, bucket, sticky }: SplitDecision,
): PlannedSplit {
  return {
    side: choice.side,
    by: choice.by,
    isCertain,
    ...(bucket !== undefined && { bucket }),
    ...(sticky !== undefined && { sticky }),
    sides: running.sides().map(({ upstream, share, abort }) => ({
      upstream,
      share,
      ...(abort !== undefined && { aborted: abort.why }),
    })),
  };
}
