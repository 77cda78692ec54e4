/** Who gets which side, for many clients: the promises of a sticky split, on the functions that serve. */
import { describe, expect, test } from 'vitest';
import { bucketsOf, edgesOf, sharesOf, sideOf, weightsAt } from '../../src/routes/split-weights.ts';

const USERS = 100_000;
const keys = Array.from({ length: USERS }, (_each, i) => `user-${i}`);

/** The side of each user. */
const sides = (weights: readonly number[], salt = 'shop'): readonly number[] => {
  const edges = edgesOf(weights);
  const bucketOf = bucketsOf(salt);
  return keys.map((key) => sideOf(bucketOf(key), edges));
};

const portionOf = (all: readonly number[], side: number): number =>
  all.filter((each) => each === side).length / all.length;

describe('of 100,000 users', () => {
  test('each share comes within half a point, and grows and shrinks by whole users', () => {
    const ten = sides([90, 10]);
    const fifty = sides([50, 50]);
    const again = sides([90, 10]);

    expect(Math.abs(portionOf(ten, 1) - 0.1)).toBeLessThan(0.005);
    expect(Math.abs(portionOf(fifty, 1) - 0.5)).toBeLessThan(0.005);
    expect(ten.filter((side, i) => side === 1 && fifty[i] !== 1)).toHaveLength(0);
    expect(again).toEqual(ten);
  });

  test.each([0.1, 1, 33.3, 99.9])('%d percent comes within half a point', (weight) => {
    expect(Math.abs(portionOf(sides([100 - weight, weight]), 1) - weight / 100)).toBeLessThan(
      0.005,
    );
  });

  test('nobody gets a side of weight 0, and all get the only one with more', () => {
    expect(portionOf(sides([100, 0]), 1)).toBe(0);
    expect(portionOf(sides([0, 0.1]), 1)).toBe(1);
    expect(new Set(sides([0, 7, 0]))).toEqual(new Set([1]));
  });

  test('of three sides, one that grows takes from those before it alone', () => {
    const before = sides([80, 10, 10]);
    const second = sides([60, 30, 10]);
    const third = sides([60, 10, 30]);

    for (const after of [second, third]) {
      expect(before.filter((side, i) => after[i]! < side)).toHaveLength(0);
      for (const side of [0, 1, 2]) {
        const share = sharesOf(after === second ? [60, 30, 10] : [60, 10, 30])[side]!;
        expect(Math.abs(portionOf(after, side) - share)).toBeLessThan(0.005);
      }
    }
    // The second side grew: nobody left or joined the third.
    expect(second.filter((side, i) => (side === 2) !== (before[i] === 2))).toHaveLength(0);
  });

  test('two routes divide them independently, and with one salt alike', () => {
    const one = sides([50, 50], 'shop');
    const other = sides([50, 50], 'orders');
    const both = one.filter((side, i) => side === 1 && other[i] === 1).length / USERS;

    expect(Math.abs(both - 0.25)).toBeLessThan(0.005);
    expect(sides([50, 50], 'orders')).toEqual(other);
  });
});

test('a bucket is the same in every process and version', () => {
  // If one of these changes, every client of every split gets another side.
  expect(bucketsOf('shop')('user-1')).toBe(0.2441868802998215);
  expect(bucketsOf('shop')('ключ ✓')).toBe(0.30974915507249534);
});

describe('the weights of a ramp', () => {
  const at = (time: number) =>
    weightsAt(
      [
        { weight: undefined, ramp: [] },
        {
          weight: 1,
          ramp: [
            { atMs: 1_000, weight: 10 },
            { atMs: 2_000, weight: 50 },
          ],
        },
      ],
      time,
    );

  test.each([
    [999, [99, 1], Number.NEGATIVE_INFINITY, 1_000],
    [1_000, [90, 10], 1_000, 2_000],
    [1_999, [90, 10], 1_000, 2_000],
    [2_000, [50, 50], 2_000, Number.POSITIVE_INFINITY],
  ])('at %d are %j, and hold until the next step', (time, weights, from, until) => {
    expect(at(time)).toEqual({ weights, from, until });
  });
});
