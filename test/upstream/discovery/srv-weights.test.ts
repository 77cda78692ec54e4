import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressWeights } from '../../../src/upstream/discovery/srv-weights.ts';

/** Services of these weights, with as many addresses each. */
const weightsOf = (...services: readonly (readonly [weight: number, addresses: number])[]) =>
  addressWeights(
    services.map(([weight, count]) => ({
      weight,
      addresses: Array.from({ length: count }, (_, i) => `10.0.0.${i}`),
    })),
  );

describe('weights of SRV records', () => {
  test('stay unchanged if each service has one address', () => {
    expect(weightsOf([10, 1], [20, 1], [65_535, 1])).toEqual([10, 20, 65_535]);
  });

  test('are equal if all of them are 0', () => {
    expect(weightsOf([0, 1], [0, 1])).toEqual([1, 1]);
  });

  test('of 0 are a hundredth of a weight of 1 if others are higher', () => {
    expect(weightsOf([0, 1], [1, 1], [30, 1])).toEqual([1, 100, 3_000]);
  });

  test('are shared by the addresses of a service', () => {
    expect(weightsOf([10, 2], [10, 1])).toEqual([10, 20]);
    expect(weightsOf([1, 2], [1, 3], [1, 1])).toEqual([3, 2, 6]);
    expect(weightsOf([0, 2], [0, 1])).toEqual([1, 2]);
    expect(weightsOf([0, 2], [1, 1])).toEqual([1, 200]);
  });

  test('keep their ratios, and are whole numbers from 1', () => {
    const service = fc.record({
      weight: fc.integer({ min: 0, max: 65_535 }),
      addresses: fc.array(fc.constant('10.0.0.1'), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 8 }), (services) => {
        const weights = addressWeights(services);
        expect(weights.every((each) => Number.isSafeInteger(each) && each >= 1)).toBe(true);
        const totals = weights.map((each, i) => each * services[i]!.addresses.length);
        const heavy = services.findIndex(({ weight }) => weight > 0);
        for (const [i, { weight }] of services.entries()) {
          if (weight === 0 || heavy < 0) continue;
          const ratio = totals[i]! / totals[heavy]! / (weight / services[heavy]!.weight);
          expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
        }
      }),
    );
  });

  test('are an empty list without services', () => {
    expect(weightsOf()).toEqual([]);
  });
});
