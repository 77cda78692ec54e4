/** A span of ours as the SDK's batches and exporters take it. What they do not ask for is not made. */
import {
  type HrTime,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from './span.ts';

const KINDS = { server: SpanKind.SERVER, internal: SpanKind.INTERNAL, client: SpanKind.CLIENT };

/** Whose spans they are; of one gateway, all of them are the same object. */
export type SpanSource = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

export class FinishedSpan implements ReadableSpan {
  readonly traceId: string;
  readonly span: Span;
  /** Makes a wall time of the span's times. */
  readonly offsetMs: number;
  readonly source: SpanSource;

  constructor(traceId: string, span: Span, offsetMs: number, source: SpanSource) {
    this.traceId = traceId;
    this.span = span;
    this.offsetMs = offsetMs;
    this.source = source;
  }

  get resource() {
    return this.source.resource;
  }
  get instrumentationScope() {
    return this.source.instrumentationScope;
  }
  get name() {
    return this.span.name;
  }
  get kind() {
    return KINDS[this.span.kind];
  }
  get startTime() {
    return hrTime(this.span.startMs + this.offsetMs);
  }
  get endTime() {
    return hrTime(this.span.endMs + this.offsetMs);
  }
  get duration() {
    return hrTime(this.span.endMs - this.span.startMs);
  }
  get status() {
    return { code: this.span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
  }
  get attributes() {
    return this.span.attributes;
  }
  get events() {
    const { offsetMs } = this;
    return this.span.events.map(({ name, atMs }) => ({ name, time: hrTime(atMs + offsetMs) }));
  }
  get links() {
    return (this.span.links ?? []).map((link) => ({
      context: { ...link, traceFlags: TraceFlags.SAMPLED, isRemote: false },
    }));
  }
  get ended() {
    return true;
  }
  get droppedAttributesCount() {
    return 0;
  }
  get droppedEventsCount() {
    return 0;
  }
  get droppedLinksCount() {
    return 0;
  }
  /** The cast holds: for its readers, `undefined` is as good as absent. */
  get parentSpanContext(): SpanContext {
    const { parentId, kind } = this.span;
    const parent = parentId === undefined ? undefined : this.#context(parentId, kind === 'server');
    return parent as SpanContext;
  }

  spanContext() {
    return this.#context(this.span.id, false);
  }

  #context(spanId: string, isRemote: boolean) {
    return { traceId: this.traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote };
  }
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
