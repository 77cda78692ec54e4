/** When a process counts as warm, by made-up series of windows. */
import { describe, expect, test } from 'vitest';
import { isStable, isWarm, type Limits, warmUp, type Window } from '../../bench/warm.ts';
import type { Measurement } from '../../bench/load/measurement.ts';
import { costing } from './measurements.ts';

const LIMITS: Limits = { leastMs: 4_000, mostMs: 20_000 };

const windows = (costs: readonly number[], elapsedMs = 500): Window[] =>
  costs.map((cost) => ({ elapsedMs, cost }));

/** Each window costs `factor` of the one before. */
const falling = (factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => 100 * factor ** i);

describe('a series of windows', () => {
  test('is stable where it stays level', () => {
    expect(isStable(falling(1, 8))).toBe(true);
  });

  test('is not stable while it falls', () => {
    expect(isStable(falling(0.98, 8))).toBe(false);
  });

  test('is stable where it falls by less than 3 % from four windows to the next four', () => {
    expect(isStable(falling(0.995, 8))).toBe(true);
  });

  test('is judged by its end: an early fall is forgotten', () => {
    expect(isStable([300, 200, 150, 120, ...falling(1, 8)])).toBe(true);
  });

  test('is stable where it rises, which is noise', () => {
    expect(isStable(falling(1.1, 8))).toBe(true);
  });

  test('is not decided by a single window', () => {
    expect(isStable([100, 100, 100, 100, 100, 60, 100, 100])).toBe(true);
    expect(isStable([100, 98, 97, 95, 90, 160, 84, 82])).toBe(false);
  });

  test('is not stable while nothing is answered', () => {
    expect(isStable(falling(1, 8).map(() => Infinity))).toBe(false);
    expect(isStable([Infinity, Infinity, Infinity, 100, 100, 100, 100, 100])).toBe(false);
  });

  test('says nothing below eight windows', () => {
    expect(isStable(falling(1, 7))).toBe(false);
  });
});

describe('a process', () => {
  test('is warm after 4 s at the earliest', () => {
    expect(isWarm(windows(falling(1, 8), 499), LIMITS)).toBe(false);
    expect(isWarm(windows(falling(1, 8)), LIMITS)).toBe(true);
  });

  test('is measured after 20 s, even if its cost still falls', () => {
    expect(isWarm(windows(falling(0.98, 39)), LIMITS)).toBe(false);
    expect(isWarm(windows(falling(0.98, 40)), LIMITS)).toBe(true);
  });

  test('gets load until its cost no longer falls', async () => {
    const costs = [...falling(0.9, 12), ...falling(1, 20).map(() => 28)];
    const series = costs.values();

    const elapsedMs = await warmUp(
      async (windowMs) => costing(series.next().value!, { elapsedMs: windowMs }),
      LIMITS,
    );

    // Until the four windows before the last four are level, too.
    expect(elapsedMs).toBeGreaterThan(12 * 500);
    expect(elapsedMs).toBeLessThan(20 * 500);
  });

  test('gets no load where none is allowed', async () => {
    const measure = async (): Promise<Measurement> => expect.unreachable('no window is wanted');

    await expect(warmUp(measure, { leastMs: 0, mostMs: 0 })).resolves.toBe(0);
  });
});
