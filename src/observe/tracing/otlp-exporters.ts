/**
 * OpenTelemetry's exporters; only the one that is used is loaded. Those that speak protobuf are put together as its packages
 * `exporter-trace-otlp-proto` and `-grpc` do it, of the same pieces, but with the serializer of otlp-serializer.ts.
 */
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/build/config.ts';
import type { SpanSource } from './finished-span.ts';
import { otlpSerializer } from './otlp-serializer.ts';
import { urlOf } from './settings.ts';

interface Options {
  readonly url?: string;
  readonly headers?: Record<string, string>;
}

export async function exporterOf(
  config: TracingConfig,
  protocol: string,
  source: SpanSource,
): Promise<SpanExporter> {
  const url = urlOf(config, protocol !== 'grpc');
  const options = {
    ...(url !== undefined && { url }),
    ...(config.headers && { headers: { ...config.headers } }),
  };
  if (protocol === 'grpc') return grpcExporter(options, source);
  if (protocol !== 'http/json') return protobufExporter(options, source);
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter(options);
}

async function protobufExporter(options: Options, source: SpanSource): Promise<SpanExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const { TraceExporterMetricsHelper } = await import('@opentelemetry/otlp-transformer');
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } =
    await import('@opentelemetry/otlp-exporter-base/node-http');
  const fields = { 'Content-Type': 'application/x-protobuf' };
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions(options, 'TRACES', 'v1/traces', fields),
    otlpSerializer(source),
    'otlp_http_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
  );
  return new OTLPExporterBase(delegate);
}

async function grpcExporter(options: Options, source: SpanSource): Promise<SpanExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const { TraceExporterMetricsHelper } = await import('@opentelemetry/otlp-transformer');
  const { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } =
    await import('@opentelemetry/otlp-grpc-exporter-base');
  const delegate = createOtlpGrpcExportDelegate(
    convertLegacyOtlpGrpcOptions(options, 'TRACES'),
    otlpSerializer(source),
    'otlp_grpc_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
    'TraceExportService',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  );
  return new OTLPExporterBase(delegate);
}
