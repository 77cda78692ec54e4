/** Buckets of any split: shares are as the weights say, and clients move in one direction only. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgesOf, sharesOf, sideOf } from '../../src/routes/split-weights.ts';

const weight = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 100 }),
  fc.double({ min: 0.001, max: 1_000, noNaN: true }),
);
const weights = fc
  .array(weight, { minLength: 2, maxLength: 6 })
  .filter((all) => all.some((each) => each > 0));
const bucket = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((draw) => draw / 2 ** 32);

test('each side has as much of the buckets as its share says, and none of them with weight 0', () => {
  fc.assert(
    fc.property(weights, bucket, (all, own) => {
      const edges = edgesOf(all);
      const widths = edges.map((edge, i) => edge - (edges[i + 1] ?? 0));
      for (const [i, share] of sharesOf(all).entries()) expect(widths[i]).toBeCloseTo(share, 9);
      expect(all[sideOf(own, edges)]).toBeGreaterThan(0);
    }),
  );
});

test('weight that goes to a later side takes nobody back to an earlier one, and back again it is as before', () => {
  fc.assert(
    fc.property(
      weights,
      fc.nat(),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      bucket,
      (all, a, b, part, own) => {
        const [from, to] = [a % all.length, b % all.length].toSorted((x, y) => x - y) as [
          number,
          number,
        ];
        const moved = all[from]! * part;
        const after = all.map(
          (each, i) => each + (i === to ? moved : 0) - (i === from ? moved : 0),
        );
        const side = sideOf(own, edgesOf(all));
        // Where a border lies on the bucket itself, rounding decides.
        fc.pre(edgesOf(after).every((edge) => Math.abs(edge - own) > 1e-9));
        expect(sideOf(own, edgesOf(after))).toBeGreaterThanOrEqual(side);
        expect(sideOf(own, edgesOf([...all]))).toBe(side);
      },
    ),
  );
});
