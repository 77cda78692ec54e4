import { describe, expect, test } from 'vitest';
import { reportLines } from '../../src/load/print-report.ts';
import { type ReportOptions, reportOf } from '../../src/load/report.ts';
import type { LoadMeasurement } from '../../src/load/load-order.ts';
import { histogramLines } from '../../src/load/print-histogram.ts';
import { wrapped } from '../../src/load/wrapped.ts';
import { countText, msText, percentText } from '../../src/load/units.ts';

const MEASURED: LoadMeasurement = {
  warmedUpMs: 6_000,
  isSteady: true,
  elapsedMs: 10_000,
  requests: 1_000,
  statuses: { 200: 990, 429: 10 },
  errors: { ECONNRESET: 3 },
  latencyMs: {
    mean: 3,
    p50: 2,
    p90: 4,
    p99: 5,
    p999: 6,
    max: 7,
    histogram: [{ fromMs: 1, toMs: 10, count: 1_000 }],
  },
  cpuMs: 5_000,
  waitedMs: 0,
  loadCores: 0.5,
};

const report = (measured: Partial<LoadMeasurement> = {}, options: Partial<ReportOptions> = {}) =>
  reportOf({
    gateway: 'gateway.config.yaml',
    request: 'GET /',
    connections: 64,
    isStubbed: false,
    upstreams: [],
    cores: { gateway: '0', rest: '1' },
    ...options,
    measured: { ...MEASURED, ...measured },
  });

const metrics = (waiting: number) => {
  const after = `portico_upstream_requests_total{upstream="orders",target="a",status="200"} 9\nportico_bulkhead_queue{upstream="orders"} ${waiting}`;
  return { before: '', after };
};

describe('a report', () => {
  test('counts by class, and CPU by request', () => {
    expect(report()).toMatchObject({
      requests: { total: 1_000, perSecond: 100 },
      classes: { '2xx': 990, '4xx': 10 },
      cpu: { perRequestUs: 5_000, coreShare: 0.5 },
    });
  });

  test.each([
    ['gateway', { cpuMs: 9_600 }],
    ['machine', { cpuMs: 6_000, waitedMs: 3_900 }],
    ['load', { loadCores: 0.97 }],
    ['load', { loadCores: 0.6, stubCores: 0.36 }],
    ['slots', { metrics: metrics(2) }],
    ['upstream', { metrics: metrics(0) }],
    ['unknown', {}],
  ] as const)('is bound by the %s with %j', (bound, measured) => {
    expect(report(measured).bound).toBe(bound);
  });

  test('adds the load to the stub only where they share a core', () => {
    const measured = { loadCores: 0.6, stubCores: 0.6 };
    expect(report(measured, { cores: { gateway: '0', rest: '1,2' } }).bound).toBe('unknown');
  });

  test('tells every status, every error, and what it does not know', () => {
    const { cpuMs: _cpuMs, ...blind } = MEASURED;
    const options = {
      gateway: 'http://a',
      request: 'GET /',
      connections: 1,
      isStubbed: false,
      upstreams: [],
    };
    const text = reportLines(reportOf({ ...options, measured: blind })).join('\n');
    expect(text).toContain('2xx 99.0 %  4xx 1.0 %  (200: 990, 429: 10)');
    expect(text).toContain('ECONNRESET: 3');
    expect(text).toMatch(/^CPU {8}not known/m);
    expect(text).toContain('pass --admin');
  });

  test('is no wider than the terminal, and 80 columns without one', () => {
    const widest = (columns?: number) =>
      Math.max(...reportLines(report({ strangersShare: 0.4 }), columns).map((line) => line.length));
    expect([widest(), widest(100), widest(1_000)]).toEqual([80, 100, 160]);
  });

  test('says when figures are noise', () => {
    const text = (measured: Partial<LoadMeasurement>) => reportLines(report(measured)).join('\n');
    expect(text({ strangersShare: 0.4 })).toContain('40 % of this machine');
    expect(text({ isSteady: false })).toContain('was not steady');
    expect(text({ strangersShare: 0.02 })).not.toMatch(/noisy|not steady/);
  });
});

describe('a line', () => {
  test.each([
    ['fits', ['fits']],
    ['one two three four', ['one two', 'three', 'four']],
    ['CPU  one two three', ['CPU  one', '     two', '     three']],
    ['  a b c d e f g', ['  a b c d', '  e f g']],
    ['  → one two three', ['  → one', '    two', '    three']],
    ['a-word-that-is-too-long', ['a-word-that-is-too-long']],
  ])('%j is %j in 9 columns', (line, lines) => {
    expect(wrapped(line, 9)).toEqual(lines);
  });
});

describe('a histogram', () => {
  const buckets = [
    { fromMs: 1, toMs: 1.5, count: 1 },
    { fromMs: 1.5, toMs: 2.2, count: 0 },
    { fromMs: 2.2, toMs: 3.2, count: 100_000 },
  ];

  test.each([60, 80, 160])('is as wide as %i columns', (columns) => {
    expect(Math.max(...histogramLines(buckets, columns).map((line) => line.length))).toBe(columns);
  });

  test('shows what is not 0, and only that', () => {
    const [few, none, many] = histogramLines(buckets, 80);
    expect(few).toContain('▏');
    expect(none).not.toMatch(/[█▏▎▍▌▋▊▉]/);
    expect(many).toContain('█');
  });
});

describe('figures', () => {
  test.each([
    [percentText(0), '0 %'],
    [percentText(0.0003), '0.03 %'],
    [percentText(0.031), '3.1 %'],
    [percentText(0.5), '50 %'],
    [percentText(0.998), '99.8 %'],
    [percentText(0.9999), '100 %'],
    [percentText(1), '100 %'],
    [msText(0.5234), '0.523 ms'],
    [msText(12.34), '12.3 ms'],
    [msText(1_250), '1.25 s'],
    [countText(1_234_567.4), '1,234,567'],
  ])('%s is written %s', (text, wanted) => {
    expect(text).toBe(wanted);
  });
});
