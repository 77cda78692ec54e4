/**
 * Calls several upstreams in parallel and answers with one JSON object.
 *
 * A part that refers to another waits for it. A part that fails is replaced by its default, or left out and
 * named in `Gateway-Degraded`, unless it is required. A part that is taken whole is sent as its upstream
 * wrote it, so no number loses digits.
 */
import type { Sender } from '../core/sender.ts';
import { answerBy } from '../routes/answer.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { layoutOf } from './aggregate-layout.ts';
import { type CompiledAggregate, compileParts } from './aggregate-part.ts';
import { RunningParts } from './aggregate-parts.ts';
import type { AggregateConfig } from './aggregate-schema.ts';

export function aggregating(route: Route, action: AggregateConfig, context: ActionContext): Action {
  const parts = compileParts(route, action, context);
  const { minimum, fields, stream: streams } = action;
  const isConditional = parts.some(({ when }) => when !== undefined);
  // The client's body is not read where nobody gets it.
  const writer = parts.find(({ config, body }) => config.method !== 'GET' && body === undefined);
  const layout = layoutOf(action.parts);
  return answerBy(aggregate({ parts, minimum, isConditional, fields, streams, layout }), {
    route,
    context,
    stallMs: writer?.upstream.idleTimeoutMs,
    isRelayed: false,
  });
}

/** Answers with the object of all parts. */
const aggregate = (compiled: CompiledAggregate): Sender => ({
  send(request, receiver) {
    const running = new RunningParts(compiled, request, receiver);
    running.start();
    return running;
  },
});
