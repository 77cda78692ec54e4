import { describe, expect, test } from 'vitest';
import type { TracingConfig } from '../../../src/config/build/config.ts';
import {
  batchesOf,
  isSwitchedOff,
  protocolOf,
  settingsOf,
  urlOf,
} from '../../../src/observe/tracing/settings.ts';

const CONFIG: TracingConfig = { keepErrors: true, keepSlowMs: 1_000, baggage: [] };

describe('what is sampled', () => {
  test.each([
    [{}, 1],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 0],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }, 1],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, 0.25],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, 1],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'much' }, 1],
    [{ OTEL_TRACES_SAMPLER: 'xray' }, 1],
  ])('with %j is %d', (env, share) => {
    expect(settingsOf(CONFIG, env).sample).toBe(share);
    // The config wins.
    expect(settingsOf({ ...CONFIG, sample: 0.05 }, env).sample).toBe(0.05);
  });
});

test.each([
  [{}, false],
  [{ OTEL_SDK_DISABLED: 'TRUE' }, true],
  [{ OTEL_TRACES_EXPORTER: 'none' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, false],
])('the environment may switch it off: %j', (env, isOff) => {
  expect(isSwitchedOff(env)).toBe(isOff);
});

test.each([
  ['http://collector:4318', true, 'http://collector:4318/v1/traces'],
  ['http://collector:4318/', true, 'http://collector:4318/v1/traces'],
  ['https://host/otlp/v1/traces', true, 'https://host/otlp/v1/traces'],
  ['http://collector:4317', false, 'http://collector:4317'],
  [undefined, true, undefined],
])('the URL of %s', (endpoint, isHttp, expected) => {
  expect(urlOf({ ...CONFIG, ...(endpoint !== undefined && { endpoint }) }, isHttp)).toBe(expected);
});

test('the protocol is the config’s, then that of traces, then that of all', () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(protocolOf(CONFIG, {})).toBe('http/protobuf');
  expect(protocolOf(CONFIG, env)).toBe('grpc');
  expect(protocolOf({ ...CONFIG, protocol: 'http/json' }, env)).toBe('http/json');
});

test('batches are bounded as the environment says, and never larger than the queue', () => {
  expect(batchesOf({})).toEqual({
    maxQueueSize: 2_048,
    maxExportBatchSize: 512,
    scheduledDelayMillis: 5_000,
    exportTimeoutMillis: 30_000,
  });
  const env = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_SCHEDULE_DELAY: '-1' };
  expect(batchesOf(env)).toMatchObject({
    maxQueueSize: 100,
    maxExportBatchSize: 100,
    scheduledDelayMillis: 5_000,
  });
});
