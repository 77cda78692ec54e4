/**
 * OTLP's messages for traces, with the names, types and numbers of https://github.com/open-telemetry/opentelemetry-proto
 * (trace/v1/trace.proto, common/v1/common.proto, resource/v1/resource.proto, collector/trace/v1/trace_service.proto), read by
 * protobufjs: nothing of what writes them.
 */
import protobuf from 'protobufjs';

const MESSAGES = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
  string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12;
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16;
}
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5; fixed32 flags = 6; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
}`;

const REQUEST = protobuf.parse(MESSAGES).root.lookupType('ExportTraceServiceRequest');
const DIGITS_IN_TEXT = new Set(['traceId', 'spanId', 'parentSpanId']);

/** As OTLP writes it in JSON: ids in hexadecimal digits, times as text. */
export function decodeTraces(bytes: Uint8Array): unknown {
  const decoded = REQUEST.toObject(REQUEST.decode(bytes), {
    longs: String,
    bytes: Buffer,
    arrays: true,
    defaults: false,
  });
  const text = JSON.stringify(
    decoded,
    function (this: Record<string, unknown>, key, value: unknown) {
      const bytesOf = this[key];
      if (DIGITS_IN_TEXT.has(key)) return Buffer.from(bytesOf as Uint8Array).toString('hex');
      return key === 'intValue' ? Number(value) : value;
    },
  );
  return JSON.parse(text);
}
