/**
 * A span of ours as its bytes in OTLP, for the SDK's batches.
 *
 * It is written as soon as its request has ended. Spans that wait as objects for their batch live through a collection of
 * young garbage, which copies them, attribute by attribute; bytes it leaves where they are.
 */
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanSource } from './finished-span.ts';

export class WrittenSpan {
  /** The field `spans` of `ScopeSpans`, once. */
  readonly bytes: Uint8Array;
  readonly #source: SpanSource;

  constructor(bytes: Uint8Array, source: SpanSource) {
    this.bytes = bytes;
    this.#source = source;
  }

  /** Batches wait for resources that are still being detected. */
  get resource(): ReadableSpan['resource'] {
    return this.#source.resource;
  }

  /** Batches take what is sampled; they ask for nothing else. */
  spanContext(): SpanContext {
    return SAMPLED;
  }
}

const SAMPLED: SpanContext = { traceId: '', spanId: '', traceFlags: TraceFlags.SAMPLED };
