/** Decides which traces are kept, and sends their spans when a request has ended. */
import type { TraceContext } from '../../core/trace-context.ts';
import { TraceIds } from '../../core/trace-ids.ts';
import { type Ended, type Span, spansOf, type TracedRequest } from './spans.ts';

export interface TracingRules {
  /** The share of traces that are sampled if nobody before has decided: 0 to 1. */
  readonly sample: number;
  /** Also keep requests that end with a 5xx or a failure of an upstream. */
  readonly keepErrors: boolean;
  /** Also keep requests that take at least this long, in milliseconds. */
  readonly keepSlowMs: number | undefined;
  /** Keys of baggage that are passed on. */
  readonly baggage: ReadonlySet<string>;
}

/** Where finished spans go. */
export interface SpanOutput {
  /** `offsetMs` makes a wall time of the spans' times. */
  write(trace: TraceContext, spans: readonly Span[], offsetMs: number): void;
  /** Sends what it holds. */
  close(): Promise<void>;
}

export class Tracing {
  readonly ids = new TraceIds();
  readonly rules: TracingRules;
  readonly #output: SpanOutput;

  constructor(rules: TracingRules, output: SpanOutput) {
    this.rules = rules;
    this.#output = output;
  }

  /** A request has ended. @returns the id of its trace, if its spans are sent */
  end(request: TracedRequest, ended: Ended): string | undefined {
    const { trace } = request;
    if (trace === undefined || !this.#isKept(trace, request, ended)) return undefined;
    const spans = spansOf(request, trace, ended, this.ids);
    this.#output.write(trace, spans, Date.now() - ended.now);
    return trace.traceId;
  }

  close(): Promise<void> {
    return this.#output.close();
  }

  #isKept(trace: TraceContext, { record }: TracedRequest, { status, now }: Ended): boolean {
    if (trace.isSampled) return true;
    // A service before this one has decided, and would miss its part of the trace.
    if (trace.isDecided) return false;
    const { keepErrors, keepSlowMs } = this.rules;
    if (keepErrors && (status >= 500 || record.missing.length > 0)) return true;
    return keepSlowMs !== undefined && now - record.startedAt >= keepSlowMs;
  }
}
