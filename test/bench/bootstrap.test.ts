/** The interval by which bench/regress judges. */
import { describe, expect, test } from 'vitest';
import { medianInterval } from '../../bench/bootstrap.ts';
import { seeded } from '../helpers/seeded.ts';

const around = (middle: number, spread: number, count: number): number[] => {
  const random = seeded(7);
  return Array.from({ length: count }, () => middle + spread * (random() - 0.5));
};

describe('the interval of a median', () => {
  test('is one point where all values are equal', () => {
    expect(medianInterval([1.1, 1.1, 1.1])).toEqual({ median: 1.1, low: 1.1, high: 1.1 });
  });

  test('holds the true median of noisy values, and nothing far from it', () => {
    const { low, median, high } = medianInterval(around(1, 0.2, 20));

    expect(low).toBeLessThan(1);
    expect(high).toBeGreaterThan(1);
    expect(low).toBeLessThanOrEqual(median);
    expect(high - low).toBeLessThan(0.12);
  });

  test('lies above what is no longer noise', () => {
    expect(medianInterval(around(1.1, 0.1, 20)).low).toBeGreaterThan(1.03);
  });

  test('is not moved by a single outlier', () => {
    const { low } = medianInterval([...around(1, 0.02, 19), 9]);

    expect(low).toBeLessThan(1.03);
  });

  test('is the same for the same values', () => {
    const values = around(1, 0.2, 20);

    expect(medianInterval(values)).toEqual(medianInterval(values));
  });
});
