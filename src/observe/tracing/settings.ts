/** What of tracing comes from the environment, by the names of OpenTelemetry's specification. */
import type { TracingConfig } from '../../config/build/config.ts';
import type { TracingSettings } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `OTEL_SDK_DISABLED` and `OTEL_TRACES_EXPORTER=none` switch tracing off, whatever the config says. */
export const isSwitchedOff = (env: Environment): boolean =>
  env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true' ||
  env['OTEL_TRACES_EXPORTER']?.trim() === 'none';

export function settingsOf(config: TracingConfig, env: Environment): TracingSettings {
  return {
    sample: config.sample ?? sampleOf(env),
    keepErrors: config.keepErrors,
    keepSlowMs: config.keepSlowMs,
    baggage: new Set(config.baggage),
  };
}

/** Samplers that ask others than the client (`jaeger_remote`, `xray`) are not known, and sample all. */
function sampleOf(env: Environment): number {
  const sampler = env['OTEL_TRACES_SAMPLER']?.trim().replace(/^parentbased_/, '');
  if (sampler === 'always_off') return 0;
  if (sampler !== 'traceidratio') return 1;
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? '1');
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

/** `undefined` leaves it to the exporter. For HTTP, the path of traces is added to the collector's. */
export function urlOf({ endpoint }: TracingConfig, isHttp: boolean): string | undefined {
  if (endpoint === undefined || !isHttp) return endpoint;
  return /\/v1\/traces\/?$/.test(endpoint) ? endpoint : `${endpoint.replace(/\/$/, '')}/v1/traces`;
}

export const protocolOf = ({ protocol }: TracingConfig, env: Environment): string =>
  protocol ??
  env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ??
  env['OTEL_EXPORTER_OTLP_PROTOCOL'] ??
  'http/protobuf';

/** Bounds of the batches (`OTEL_BSP_*`); what is not a positive number counts as not given. */
export function batchesOf(env: Environment) {
  const of = (name: string): number | undefined => {
    const value = Number(env[`OTEL_BSP_${name}`]);
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const maxQueueSize = of('MAX_QUEUE_SIZE') ?? 2_048;
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(of('MAX_EXPORT_BATCH_SIZE') ?? 512, maxQueueSize),
    scheduledDelayMillis: of('SCHEDULE_DELAY') ?? 5_000,
    exportTimeoutMillis: of('EXPORT_TIMEOUT') ?? 30_000,
  };
}
