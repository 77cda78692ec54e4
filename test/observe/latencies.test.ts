/** Latencies of the last span of time. */
import { expect, test } from 'vitest';
import { RecentLatencies } from '../../src/observe/latencies.ts';

test('count from when they came until the span has passed, to a tenth of it', () => {
  const recent = new RecentLatencies(60_000);
  expect(recent.figures(0)).toBeUndefined();
  recent.add(100, 0);
  recent.add(100, 5_999);
  recent.add(5, 6_000);
  expect(recent.figures(59_999)!.meanMs).toBeCloseTo(68.3, 1);
  expect(recent.figures(60_000)!.meanMs).toBe(5);
  expect(recent.figures(65_999)!.meanMs).toBe(5);
  expect(recent.figures(66_000)).toBeUndefined();
});

test('are still those of the span after an hour, and none once they are reset', () => {
  const [old, fresh] = [new RecentLatencies(1_000), new RecentLatencies(1_000)];
  for (let at = 0; at < 3_600_000; at += 50) old.add(at % 70, at);
  for (let at = 3_599_100; at < 3_600_000; at += 50) fresh.add(at % 70, at);
  expect(old.figures(3_600_000)).toEqual(fresh.figures(3_600_000));
  old.reset();
  expect(old.figures(3_600_000)).toBeUndefined();
});

test('tell services apart that differ by ten milliseconds', () => {
  const [fast, slow] = [new RecentLatencies(1_000), new RecentLatencies(1_000)];
  for (let i = 0; i < 100; i++) {
    fast.add(2 + i / 100, 0);
    slow.add(12 + i / 100, 0);
  }
  const [one, other] = [fast.figures(0)!.p95Ms, slow.figures(0)!.p95Ms];
  expect(other - one).toBeGreaterThan(8);
  expect(other - one).toBeLessThan(12);
});
