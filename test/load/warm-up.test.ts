import { describe, expect, test } from 'vitest';
import { WarmUp } from '../../src/load/warm-up.ts';

const isSteadyAfter = (...rates: readonly number[]): boolean => {
  const warmUp = new WarmUp();
  for (const rate of rates) warmUp.add(rate);
  return warmUp.isSteady;
};

describe('a warm-up', () => {
  test('ends when two seconds are within 5 % of the two before', () => {
    expect(isSteadyAfter(100, 100, 100, 100, 104, 104, 104, 104)).toBe(true);
    expect(isSteadyAfter(100, 100, 100, 100, 106, 106, 106, 106)).toBe(false);
  });

  test('looks at the last four seconds only', () => {
    expect(isSteadyAfter(1, 5, 20, 80, 100, 101, 99, 100, 100, 102, 98, 100)).toBe(true);
  });

  test('never ends within four seconds', () => {
    expect(isSteadyAfter(100, 100, 100, 100, 100, 100, 100)).toBe(false);
  });

  test('does not take silence for a steady rate', () => {
    expect(isSteadyAfter(0, 0, 0, 0, 0, 0, 0, 0)).toBe(false);
  });
});
