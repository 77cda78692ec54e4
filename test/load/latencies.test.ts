import { describe, expect, test } from 'vitest';
import { Latencies } from '../../src/load/latencies.ts';

const of = (...times: readonly number[]) => {
  const latencies = new Latencies();
  for (const ms of times) latencies.record(ms);
  return latencies.summary();
};

describe('latencies', () => {
  test('percentiles are within 1 % of the true ones, from microseconds to hours', () => {
    for (const scale of [0.01, 1, 1_000, 3_600]) {
      const { p50, p90, p99, p999, max, mean } = of(
        ...Array.from({ length: 1_000 }, (_, i) => (i + 1) * scale),
      );
      expect(p50 / (500 * scale)).toBeCloseTo(1, 1.7);
      expect(p90 / (900 * scale)).toBeCloseTo(1, 1.7);
      expect(p99 / (990 * scale)).toBeCloseTo(1, 1.7);
      expect(p999 / (999 * scale)).toBeCloseTo(1, 1.7);
      expect(max).toBe(1_000 * scale);
      expect(mean).toBeCloseTo(500.5 * scale, 5);
    }
  });

  test('no percentile is beyond the longest of all', () => {
    expect(of(7.03)).toMatchObject({ p50: 7.03, p999: 7.03, max: 7.03 });
  });

  test('nothing recorded is 0 everywhere, and no histogram', () => {
    expect(of()).toMatchObject({ mean: 0, p50: 0, p999: 0, max: 0, histogram: [] });
  });

  test('the histogram has six ranges a decade, those in between that are empty too', () => {
    const { histogram } = of(1.2, 1.3, 4);
    expect(histogram).toEqual([
      { fromMs: 1, toMs: 1.5, count: 2 },
      { fromMs: 1.5, toMs: 2.2, count: 0 },
      { fromMs: 2.2, toMs: 3.2, count: 0 },
      { fromMs: 3.2, toMs: 4.6, count: 1 },
    ]);
  });

  test('times that no bucket is for go into the first and the last', () => {
    const { histogram } = of(0, 1e12);
    expect(histogram.at(0)?.count).toBe(1);
    expect(histogram.at(-1)?.count).toBe(1);
  });
});
