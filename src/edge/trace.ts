/**
 * The trace that a client's request belongs to.
 *
 * Anybody may name a trace, but only trusted proxies are believed about whether it is sampled: a stranger could have
 * every request recorded otherwise. The fields are taken from the request, so that the gateway's own replace them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { joinedValue } from '../core/headers.ts';
import {
  allowedBaggage,
  parseTraceParent,
  SAMPLED,
  type TraceContext,
  validTraceState,
} from '../core/trace-context.ts';
import type { TraceIds } from '../core/trace-ids.ts';

export interface TraceRules {
  readonly ids: TraceIds;
  /** The share of traces that are sampled if nobody before has decided: 0 to 1. */
  readonly sample: number;
  /** Keys of baggage that are passed on. */
  readonly baggage: ReadonlySet<string>;
}

/** Reads and removes the fields of the trace. */
export function takeTrace(
  headers: IncomingHttpHeaders,
  isTrusted: boolean,
  { ids, sample, baggage }: TraceRules,
): TraceContext {
  // One that came more than once is a list, which is not valid.
  const sent = joinedValue(headers['traceparent']);
  const parent = sent === undefined ? undefined : parseTraceParent(sent.trim());
  const isDecided = isTrusted && parent !== undefined;
  const isSampled = isDecided ? (parent.flags & SAMPLED) !== 0 : isDrawn(sample, ids);
  const state = parent && joinedValue(headers['tracestate']);
  const carried = joinedValue(headers['baggage']);
  if (sent !== undefined) delete headers['traceparent'];
  if (headers['tracestate'] !== undefined) delete headers['tracestate'];
  if (carried !== undefined) delete headers['baggage'];
  return {
    traceId: parent?.traceId ?? ids.traceId(),
    spanId: ids.spanId(),
    parentId: parent?.spanId,
    isSampled,
    isDecided,
    flags: ((parent?.flags ?? 0) & ~SAMPLED) | (isSampled ? SAMPLED : 0),
    state: state === undefined ? undefined : validTraceState(state),
    baggage: carried === undefined ? undefined : allowedBaggage(carried, baggage),
  };
}

const isDrawn = (share: number, ids: TraceIds): boolean =>
  share >= 1 || (share > 0 && ids.fraction() < share);
