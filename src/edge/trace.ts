/**
 * The trace that a client's request belongs to.
 *
 * Anybody may name a trace, but only trusted proxies are believed about whether it is sampled: a stranger could have
 * every request recorded otherwise. The fields are taken from the request, so that the gateway's own replace them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { joinedValue } from '../core/headers.ts';
import { continuedTrace, newTrace, type TraceContext } from '../core/trace-context.ts';
import {
  allowedBaggage,
  parseTraceParent,
  SAMPLED,
  validTraceState,
} from '../core/trace-fields.ts';
import type { TraceIds } from '../core/trace-ids.ts';

export interface TraceRules {
  readonly ids: TraceIds;
  /** Draws whether a trace is sampled that nobody before has decided about. */
  readonly sampler: { draw(): boolean };
  /** Keys of baggage that are passed on. */
  readonly baggage: ReadonlySet<string>;
}

/** Reads and removes the fields of the trace. */
export function takeTrace(
  headers: IncomingHttpHeaders,
  isTrusted: boolean,
  rules: TraceRules,
): TraceContext {
  const parent = joinedValue(headers['traceparent']);
  const state = joinedValue(headers['tracestate']);
  const carried = joinedValue(headers['baggage']);
  if (parent === undefined && state === undefined && carried === undefined) {
    return newTrace(rules.ids, rules.sampler.draw());
  }
  delete headers['traceparent'];
  delete headers['tracestate'];
  delete headers['baggage'];
  return told({ parent, state, carried }, isTrusted, rules);
}

interface Told {
  readonly parent: string | undefined;
  readonly state: string | undefined;
  readonly carried: string | undefined;
}

function told({ parent, state, carried }: Told, isTrusted: boolean, rules: TraceRules) {
  const { ids, sampler } = rules;
  // One that came more than once is a list, which is not valid.
  const before = parent === undefined ? undefined : parseTraceParent(parent.trim());
  const baggage = carried === undefined ? undefined : allowedBaggage(carried, rules.baggage);
  if (before === undefined) return newTrace(ids, sampler.draw(), baggage);
  return continuedTrace(ids, before, {
    isSampled: isTrusted ? (before.flags & SAMPLED) !== 0 : sampler.draw(),
    isDecided: isTrusted,
    state: state === undefined ? undefined : validTraceState(state),
    baggage,
  });
}
