import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatGrpcTimeout, parseGrpcTimeout } from '../../src/core/grpc-timeout.ts';

test('each unit is read as milliseconds', () => {
  const read = ['1H', '2M', '3S', '4m', '5000u', '6000000n', '0S'].map(parseGrpcTimeout);
  expect(read).toEqual([3_600_000, 120_000, 3_000, 4, 5, 6, 0]);
});

test('anything else is no timeout', () => {
  for (const text of ['', '1', 'S', '123456789m', '-1S', '1.5S', '1s', ' 1S', '1S,1S']) {
    expect(parseGrpcTimeout(text), text).toBeUndefined();
  }
});

test('what is sent on can be read, and is never longer, but at least a millisecond', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e13, noNaN: true }), (ms) => {
      const read = parseGrpcTimeout(formatGrpcTimeout(ms))!;
      expect(read).toBeGreaterThanOrEqual(1);
      expect(read).toBeLessThanOrEqual(Math.max(ms, 1));
    }),
  );
});
