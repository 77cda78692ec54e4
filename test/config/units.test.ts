import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_DURATION_MS,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../src/config/schema/units.ts';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['2s', 2_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['0.5ms', 0.5],
    ['007s', 7_000],
    ['596h', 2_145_600_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['5', '', 's', '1d', '1 s', ' 1s', '1s ', '-1s', '+1s', '1e3ms', '.5s', '1.s', '1S'])(
    '"%s" is refused, with one that would do',
    (text) => {
      expect(() => parseDuration(text)).toThrow(
        new RangeError(`"${text}" is not a duration such as "250ms": its unit is ms, s, m or h`),
      );
    },
  );

  test('one that no timer can hold is refused', () => {
    expect(parseDuration(`${MAX_DURATION_MS}ms`)).toBe(MAX_DURATION_MS);
    for (const text of ['2147483648ms', '597h', `${'9'.repeat(400)}h`]) {
      expect(() => parseDuration(text)).toThrow('is longer than 24 days');
    }
  });
});

describe('a size', () => {
  test.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['2GiB', 2_147_483_648],
    ['1.5KiB', 1_536],
    ['0B', 0],
    ['0.1KiB', 102],
  ])('%s is %d whole bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['1024', '64KB', '64kib', '1 MiB', '-1MiB', 'KiB', '', '1TiB', '1e3B'])(
    '"%s" is refused, with one that would do',
    (text) => {
      expect(() => parseSize(text)).toThrow(
        new RangeError(`"${text}" is not a size such as "64KiB": its unit is B, KiB, MiB or GiB`),
      );
    },
  );

  test('one that nobody can count is refused', () => {
    expect(parseSize('8388607GiB')).toBeLessThan(Number.MAX_SAFE_INTEGER);
    for (const text of ['8388608GiB', `${'9'.repeat(400)}B`]) {
      expect(() => parseSize(text)).toThrow('is larger than 8 PiB');
    }
  });
});

describe('a share', () => {
  test.each([
    ['20%', 0.2],
    ['0%', 0],
    ['100%', 1],
    ['0.5%', 0.005],
  ])('%s is %d', (text, share) => {
    expect(parsePercent(text)).toBe(share);
  });

  test.each(['20', '0.2', '', '%', '-1%', '20 %', '1e1%'])(
    '"%s" is refused, with one that would do',
    (text) => {
      expect(() => parsePercent(text)).toThrow(
        new RangeError(`"${text}" is not a share such as "20%"`),
      );
    },
  );

  test('more than all is refused', () => {
    expect(() => parsePercent('100.1%')).toThrow('"100.1%" is more than 100%');
  });
});

describe('any number of units', () => {
  test('a duration comes back as what was written', () => {
    const unit = fc.constantFrom(['ms', 1], ['s', 1_000], ['m', 60_000], ['h', 3_600_000]);
    const written = fc.tuple(fc.nat({ max: 596 }), unit as fc.Arbitrary<[string, number]>);
    fc.assert(
      fc.property(written, ([amount, [name, ms]]) => {
        expect(parseDuration(`${amount}${name}`)).toBe(amount * ms);
      }),
    );
  });

  test('a size comes back as what was written', () => {
    const unit = fc.constantFrom(['B', 1], ['KiB', 1_024], ['MiB', 1_048_576]);
    const written = fc.tuple(fc.nat({ max: 1e6 }), unit as fc.Arbitrary<[string, number]>);
    fc.assert(
      fc.property(written, ([amount, [name, bytes]]) => {
        expect(parseSize(`${amount}${name}`)).toBe(amount * bytes);
      }),
    );
  });

  test('any other text is a RangeError, or a number that is not negative', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.double(), fc.constantFrom('ms', 's', '%', 'B', 'GiB'))
        .map((pair) => pair.join('')),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(parseDuration, parseSize, parsePercent), (each, parse) => {
        try {
          expect(parse(each)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
