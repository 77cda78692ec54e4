/** Decides which traces are kept, and sends their spans when a request has ended. */
import type { CallRecord } from '../../core/record.ts';
import type { TraceContext } from '../../core/trace-context.ts';
import { TraceIds } from '../../core/trace-ids.ts';
import { Sampler } from './sampler.ts';
import type { Span } from './span.ts';
import { type EndedRun, runSpan } from './run-span.ts';
import { callSpans, spansOf, type TracedRequest } from './spans.ts';

export interface TracingSettings {
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
  write(trace: Pick<TraceContext, 'traceId'>, spans: readonly Span[], offsetMs: number): void;
  /** Sends what it holds. */
  close(): Promise<void>;
}

export class Tracing {
  /** By which the trace of a request is read. */
  readonly rules: {
    readonly ids: TraceIds;
    readonly sampler: Sampler;
    readonly baggage: ReadonlySet<string>;
  };
  readonly #settings: TracingSettings;
  readonly #output: SpanOutput;

  constructor(settings: TracingSettings, output: SpanOutput, random: () => number) {
    const sampler = new Sampler(settings.sample, random);
    this.rules = { ids: new TraceIds(), sampler, baggage: settings.baggage };
    this.#settings = settings;
    this.#output = output;
  }

  /**
   * A request has ended.
   *
   * @param patterns the pattern of a route's path, by the route's name
   * @returns the id of its trace, if its spans are sent
   */
  end(
    request: TracedRequest,
    status: number,
    now: number,
    patterns: ReadonlyMap<string, string>,
  ): string | undefined {
    const { trace } = request;
    if (trace === undefined || !this.#isKept(trace, request, status, now)) return undefined;
    const ended = { status, now, pattern: patterns.get(request.route) };
    this.#output.write(trace, spansOf(request, trace, ended, this.rules.ids), Date.now() - now);
    return trace.traceId;
  }

  /** A step of an operation, or its undo, was called under `trace`. */
  endStep(trace: TraceContext, call: CallRecord, now: number): void {
    if (!trace.isSampled) return;
    // The run's own span is told when it ends, perhaps by another gateway.
    const spans = callSpans(call, trace.origin.parentId ?? trace.spanId, now, this.rules.ids);
    this.#output.write(trace, spans, Date.now() - now);
  }

  /** A run of an operation has ended, or is stuck. */
  endRun(run: EndedRun, now: number): void {
    const told = runSpan(run, now);
    if (told !== undefined) this.#output.write(told, [told.span], Date.now() - now);
  }

  close(): Promise<void> {
    return this.#output.close();
  }

  #isKept(
    { origin }: TraceContext,
    { record }: TracedRequest,
    status: number,
    now: number,
  ): boolean {
    if (origin.isSampled) return true;
    // A service before this one has decided, and would miss its part of the trace.
    if (origin.isDecided) return false;
    const { keepErrors, keepSlowMs } = this.#settings;
    if (keepErrors && (status >= 500 || record.missing.length > 0)) return true;
    return keepSlowMs !== undefined && now - record.startedAt >= keepSlowMs;
  }
}
