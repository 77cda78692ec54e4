/**
 * The trace of one request, from the gateway's view (W3C Trace Context).
 *
 * Nearly every request begins a trace that is not sampled. Such a one is a single text: the `traceparent` of its first
 * attempt. All else is made when somebody asks.
 */
import type { HeaderValue } from './headers.ts';
import type { CallRecord } from './record.ts';
import { SAMPLED, type TraceParent } from './trace-fields.ts';
import type { TraceIds } from './trace-ids.ts';

/** How a trace came to the gateway. */
export interface TraceOrigin {
  /** The client's span; `undefined` if the trace begins here. */
  readonly parentId: string | undefined;
  /** Are its spans sent, whatever happens? Otherwise the outcome may still decide so. */
  readonly isSampled: boolean;
  /** Did another service that is trusted decide whether it is sampled? */
  readonly isDecided: boolean;
  /** `tracestate` as it is passed on; `undefined` if there was none, or no valid one. */
  readonly state: string | undefined;
  /** The members of `baggage` that are passed on; `undefined` if there are none. */
  readonly baggage: string | undefined;
}

/** Where the ids are in a `traceparent`, and its flags. */
const TRACE_AT = 3;
const SPAN_AT = 36;
const SPAN_END = 52;
const FLAGS_AT = 53;

/** The span that a `traceparent` names. */
export const spanIdOf = (traceParent: string): string => traceParent.slice(SPAN_AT, SPAN_END);

export class TraceContext {
  readonly origin: TraceOrigin;
  readonly #ids: TraceIds;
  readonly #first: string;
  #isFirstTold = false;
  #spanId: string | undefined;

  /** @param first the `traceparent` of the first attempt */
  constructor(ids: TraceIds, first: string, origin: TraceOrigin) {
    this.#ids = ids;
    this.#first = first;
    this.origin = origin;
  }

  get traceId(): string {
    return this.#first.slice(TRACE_AT, SPAN_AT - 1);
  }

  /** The gateway's own span for the request. */
  get spanId(): string {
    return (this.#spanId ??= this.#ids.spanId());
  }

  get isSampled(): boolean {
    return this.origin.isSampled;
  }

  /** The `traceparent` of an attempt: each one names a span of its own. */
  next(): string {
    if (!this.#isFirstTold) {
      this.#isFirstTold = true;
      return this.#first;
    }
    return this.#first.slice(0, SPAN_AT) + this.#ids.spanId() + this.#first.slice(SPAN_END);
  }

  /** The `traceparent` of the gateway's own span, for a call that gets none. */
  own(): string {
    return this.#first.slice(0, SPAN_AT) + this.spanId + this.#first.slice(SPAN_END);
  }

  /** Writes the fields of the trace for the first attempt of a call; its own `traceparent`, if any, is replaced. */
  tell(headers: Record<string, HeaderValue>, record: CallRecord): void {
    const { state, baggage } = this.origin;
    record.traceParent = this.next();
    headers['traceparent'] = record.traceParent;
    if (state !== undefined) headers['tracestate'] ??= state;
    if (baggage !== undefined) headers['baggage'] ??= baggage;
  }
}

const NEW = { parentId: undefined, isDecided: false, state: undefined, baggage: undefined };
const NEW_SAMPLED: TraceOrigin = Object.freeze({ ...NEW, isSampled: true });
const NEW_UNSAMPLED: TraceOrigin = Object.freeze({ ...NEW, isSampled: false });

/** A trace that begins here. */
export function newTrace(ids: TraceIds, isSampled: boolean, baggage?: string): TraceContext {
  const unsampled = ids.traceParent();
  const first = isSampled ? `${unsampled.slice(0, FLAGS_AT)}01` : unsampled;
  const origin = isSampled ? NEW_SAMPLED : NEW_UNSAMPLED;
  return new TraceContext(ids, first, baggage === undefined ? origin : { ...origin, baggage });
}

/** A trace that a client takes part in. */
export function continuedTrace(
  ids: TraceIds,
  { traceId, spanId, flags }: TraceParent,
  origin: Omit<TraceOrigin, 'parentId'>,
): TraceContext {
  const own = (flags & ~SAMPLED) | (origin.isSampled ? SAMPLED : 0);
  const first = `00-${traceId}-${ids.spanId()}-0${own}`;
  return new TraceContext(ids, first, { ...origin, parentId: spanId });
}
