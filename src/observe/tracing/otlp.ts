/**
 * Sends spans by OTLP; the only place that knows OpenTelemetry, along with otlp-exporters.ts. It is loaded only where tracing is
 * configured, since it takes 40 MiB and some 100 ms.
 *
 * The SDK's own tracer would make its spans while a request runs. Ours are made afterwards, and go straight into the
 * SDK's batches. The SDK is started as well, so that plugins and BFFs can make spans of their own by
 * `@opentelemetry/api`; of two gateways in one process, the last one gets those.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/build/config.ts';
import { exporterOf } from './otlp-exporters.ts';
import { batchesOf, protocolOf } from './settings.ts';
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
  const resource = resourceOf(config, version);
  const source = { resource, instrumentationScope: { name: 'portico', version } };
  const { exporter: plain, finish } = await exporterOf(config, protocolOf(config, env), source);
  const exporter = watched(plain, onBatch);
  const processor = new BatchSpanProcessor({ exporter, ...batchesOf(env) });
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
  return {
    write({ traceId }, spans, offsetMs) {
      const place = { traceId, offsetMs };
      // The cast holds: nothing but the exporter reads the rest.
      for (const span of spans) processor.onEnd(finish(span, place) as ReadableSpan);
    },
    close: async () => {
      // It has told `onBatch` of what could not be sent.
      await sdk.shutdown().catch(() => undefined);
    },
  };
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
