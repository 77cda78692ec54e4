/**
 * Serializes a batch for OTLP: spans of ours by otlp-spans.ts, and those that plugins and BFFs made with the SDK as
 * OpenTelemetry does it. Protobuf allows that: messages written one after the other are read as one.
 */
import { type ISerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { FinishedSpan, type SpanSource } from './finished-span.ts';
import { writeAttributes, writeSpan } from './otlp-spans.ts';
import { ProtobufWriter } from './protobuf.ts';
import type { Attributes } from './span.ts';

type Official = typeof ProtobufTraceSerializer;

/** @param source that of all spans of ours */
export function otlpSerializer(
  source: SpanSource,
): ISerializer<ReadableSpan[], ReturnType<Official['deserializeResponse']>> {
  const writer = new ProtobufWriter();
  return {
    serializeRequest(spans) {
      const ours = spans.filter((span) => span instanceof FinishedSpan);
      const others = spans.filter((span) => !(span instanceof FinishedSpan));
      writer.clear();
      if (ours.length > 0) writeOurs(writer, ours, source);
      const written = writer.copy();
      if (others.length === 0) return written;
      const more = ProtobufTraceSerializer.serializeRequest(others);
      return more === undefined ? written : Buffer.concat([written, more]);
    },
    deserializeResponse: (bytes) => ProtobufTraceSerializer.deserializeResponse(bytes),
  };
}

/** A `ResourceSpans`, which has a `Resource` and one `ScopeSpans`. */
function writeOurs(
  to: ProtobufWriter,
  spans: readonly FinishedSpan[],
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
  for (const each of spans) writeSpan(to, each.span, each);
  to.end(scopeSpans);
  to.end(start);
}
