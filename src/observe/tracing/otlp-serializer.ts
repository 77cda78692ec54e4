/**
 * Serializes for OTLP: spans of ours by otlp-spans.ts, one by one as they end, and those that plugins and BFFs made with
 * the SDK as OpenTelemetry does it, a batch at once. Protobuf allows that: messages written one after the other are read
 * as one.
 */
import { type ISerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanSource } from './finished-span.ts';
import { type SpanPlace, writeAttributes, writeSpan } from './otlp-spans.ts';
import { ProtobufWriter } from './protobuf.ts';
import type { Attributes, Span } from './span.ts';
import { WrittenSpan } from './written-span.ts';

type Official = typeof ProtobufTraceSerializer;
type Answer = ReturnType<Official['deserializeResponse']>;

export class OtlpSerializer implements ISerializer<ReadableSpan[], Answer> {
  readonly #source: SpanSource;
  readonly #spans = new ProtobufWriter();
  readonly #batches = new ProtobufWriter();

  /** @param source that of all spans of ours */
  constructor(source: SpanSource) {
    this.#source = source;
  }

  /** For batches of spans that `serializeRequest` is given. */
  write(span: Span, place: SpanPlace): WrittenSpan {
    writeSpan(this.#spans, span, place);
    return new WrittenSpan(this.#spans.take(), this.#source);
  }

  serializeRequest(spans: readonly (ReadableSpan | WrittenSpan)[]): Uint8Array | undefined {
    const ours: WrittenSpan[] = [];
    const others: ReadableSpan[] = [];
    for (const span of spans) {
      if (span instanceof WrittenSpan) ours.push(span);
      else others.push(span);
    }
    if (ours.length === 0) return ProtobufTraceSerializer.serializeRequest(others);
    writeOurs(this.#batches, ours, this.#source);
    const written = this.#batches.take();
    if (others.length === 0) return written;
    const more = ProtobufTraceSerializer.serializeRequest(others);
    return more === undefined ? written : Buffer.concat([written, more]);
  }

  deserializeResponse(bytes: Uint8Array): Answer {
    return ProtobufTraceSerializer.deserializeResponse(bytes);
  }
}

/** A `ResourceSpans`, which has a `Resource` and one `ScopeSpans`. */
function writeOurs(
  to: ProtobufWriter,
  spans: readonly WrittenSpan[],
  { resource, instrumentationScope: { name, version } }: SpanSource,
): void {
  const start = to.begin(1);
  const about = to.begin(1);
  // The cast holds: all that detectors of the environment and defaults find is text.
  writeAttributes(to, 1, resource.attributes as Attributes);
  to.end(about);
  const scopeSpans = to.begin(2);
  const scope = to.begin(1);
  to.string(1, name);
  if (version !== undefined) to.string(2, version);
  to.end(scope);
  for (const { bytes } of spans) to.bytes(bytes);
  to.end(scopeSpans);
  to.end(start);
}
