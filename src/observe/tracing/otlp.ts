/**
 * Sends spans by OTLP; the only place that knows OpenTelemetry. It is loaded only where tracing is configured, since it
 * takes 40 MiB and some 100 ms.
 *
 * The SDK's own tracer would make its spans while a request runs. Ours are made afterwards, and go straight into the
 * SDK's batches. The SDK is started as well, so that plugins and BFFs can make spans of their own by
 * `@opentelemetry/api`; of two gateways in one process, the last one gets those.
 */
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/build/config.ts';
import type { TraceContext } from '../../core/trace-context.ts';
import { batchesOf, protocolOf, urlOf } from './settings.ts';
import type { Span } from './span.ts';
import type { SpanOutput } from './tracing.ts';

export interface OtlpSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of the gateway. */
  readonly version: string;
  /** Is told of each batch. */
  readonly onBatch: (spans: number, error: Error | undefined) => void;
}

/** Opens no connection before there are spans. */
export async function otlpOutput(
  config: TracingConfig,
  { env, version, onBatch }: OtlpSurroundings,
): Promise<SpanOutput> {
  const exporter = watched(await exporterOf(config, protocolOf(config, env)), onBatch);
  const processor = new BatchSpanProcessor({ exporter, ...batchesOf(env) });
  const resource = resourceOf(config, version);
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  // Those of the generation before are replaced.
  trace.disable();
  context.disable();
  propagation.disable();
  sdk.start();
  const common = { resource, instrumentationScope: { name: 'portico', version } };
  return {
    write(of, spans, offsetMs) {
      for (const span of spans) processor.onEnd(readable(of, span, offsetMs, common));
    },
    close: async () => {
      // It has told `onBatch` of what could not be sent.
      await sdk.shutdown().catch(() => undefined);
    },
  };
}

/** Only the one that is used is loaded. */
async function exporterOf(config: TracingConfig, protocol: string): Promise<SpanExporter> {
  const isHttp = protocol !== 'grpc';
  const url = urlOf(config, isHttp);
  const options = { ...(url !== undefined && { url }) };
  const headers = config.headers && { headers: { ...config.headers } };
  if (protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new OTLPTraceExporter({ ...options, ...headers });
  }
  if (protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return new OTLPTraceExporter({ ...options, ...headers });
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ ...options, ...headers });
}

function watched(exporter: SpanExporter, onBatch: OtlpSurroundings['onBatch']): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // The cast holds; importing the enum for its `SUCCESS` would take one more package.
        const isSent = (result.code as number) === 0;
        const failed = isSent ? undefined : (result.error ?? new Error('it was refused'));
        onBatch(spans.length, failed);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function resourceOf({ service }: TracingConfig, version: string) {
  const own = { 'service.name': 'portico', 'service.version': version };
  const found = detectResources({ detectors: [envDetector] });
  const all = defaultResource().merge(resourceFromAttributes(own)).merge(found);
  return service === undefined
    ? all
    : all.merge(resourceFromAttributes({ 'service.name': service }));
}

const KINDS = { server: SpanKind.SERVER, internal: SpanKind.INTERNAL, client: SpanKind.CLIENT };

type Common = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

function readable(of: TraceContext, span: Span, offsetMs: number, common: Common): ReadableSpan {
  const contextOf = (spanId: string, isRemote: boolean) => ({
    traceId: of.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote,
  });
  const own = contextOf(span.id, false);
  return {
    ...common,
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => own,
    ...(span.parentId !== undefined && {
      parentSpanContext: contextOf(span.parentId, span.kind === 'server'),
    }),
    startTime: hrTime(span.startMs + offsetMs),
    endTime: hrTime(span.endMs + offsetMs),
    duration: hrTime(span.endMs - span.startMs),
    status: { code: span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
    events: span.events.map(({ name, atMs }) => ({ name, time: hrTime(atMs + offsetMs) })),
    links: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
