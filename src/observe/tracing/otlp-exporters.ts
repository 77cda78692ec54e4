/**
 * OpenTelemetry's exporters; only the one that is used is loaded. Those that speak protobuf are put together as its packages
 * `exporter-trace-otlp-proto` and `-grpc` do it, of the same pieces, but with the serializer of otlp-serializer.ts.
 */
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/build/config.ts';
import { FinishedSpan, type SpanSource } from './finished-span.ts';
import { OtlpSerializer } from './otlp-serializer.ts';
import type { SpanPlace } from './otlp-spans.ts';
import { urlOf } from './settings.ts';
import type { Span } from './span.ts';

interface Options {
  readonly url?: string;
  readonly headers?: Record<string, string>;
}

export interface Export {
  readonly exporter: SpanExporter;
  /** What the exporter takes for a span of ours. */
  readonly finish: (span: Span, place: SpanPlace) => Pick<ReadableSpan, 'spanContext'>;
}

export async function exporterOf(
  config: TracingConfig,
  protocol: string,
  source: SpanSource,
): Promise<Export> {
  const url = urlOf(config, protocol !== 'grpc');
  const options = {
    ...(url !== undefined && { url }),
    ...(config.headers && { headers: { ...config.headers } }),
  };
  if (protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return {
      exporter: new OTLPTraceExporter(options),
      finish: (span, { traceId, offsetMs }) => new FinishedSpan(traceId, span, offsetMs, source),
    };
  }
  const serializer = new OtlpSerializer(source);
  const make = protocol === 'grpc' ? grpcExporter : protobufExporter;
  return {
    exporter: await make(options, serializer),
    finish: (span, place) => serializer.write(span, place),
  };
}

async function protobufExporter(
  options: Options,
  serializer: OtlpSerializer,
): Promise<SpanExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const { TraceExporterMetricsHelper } = await import('@opentelemetry/otlp-transformer');
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } =
    await import('@opentelemetry/otlp-exporter-base/node-http');
  const fields = { 'Content-Type': 'application/x-protobuf' };
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions(options, 'TRACES', 'v1/traces', fields),
    serializer,
    'otlp_http_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
  );
  return new OTLPExporterBase(delegate);
}

async function grpcExporter(options: Options, serializer: OtlpSerializer): Promise<SpanExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const { TraceExporterMetricsHelper } = await import('@opentelemetry/otlp-transformer');
  const { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } =
    await import('@opentelemetry/otlp-grpc-exporter-base');
  const delegate = createOtlpGrpcExportDelegate(
    convertLegacyOtlpGrpcOptions(options, 'TRACES'),
    serializer,
    'otlp_grpc_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
    'TraceExportService',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  );
  return new OTLPExporterBase(delegate);
}
