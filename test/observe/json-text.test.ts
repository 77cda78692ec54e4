import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hundredths, numeral, quoted } from '../../src/observe/json-text.ts';

test('a text is quoted as JSON.stringify does it', () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = `a${String.fromCharCode(unit)}b`;
    if (quoted(text) !== JSON.stringify(text)) expect.fail(`U+${unit.toString(16)}`);
  }
  expect(quoted('😀')).toBe(JSON.stringify('😀'));
});

test('a number is written as JSON.stringify does it', () => {
  for (const value of [0, -0, 1, 0.5, 1e21, -3, NaN, Infinity, -Infinity]) {
    expect(numeral(value)).toBe(JSON.stringify(value));
  }
});

test('a time has two decimals at most, and no zeros at its end', () => {
  const near = fc.double({ min: 0, max: 1_000, noNaN: true });
  const told = (value: number) => JSON.stringify(Math.round(value * 100) / 100);
  fc.assert(
    fc.property(fc.oneof(near, fc.double()), (value) => {
      expect(hundredths(value)).toBe(told(value));
    }),
    { numRuns: 5_000 },
  );
  const known = [0, 0.004, 0.1, 0.1 + 0.2, 1.005, 7.999, 12.5, -0.3];
  expect(known.map(hundredths)).toEqual(['0', '0', '0.1', '0.3', '1', '8', '12.5', '-0.3']);
});
