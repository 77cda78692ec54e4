import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decimalOf,
  isSafe,
  isWhole,
  keepSource,
  mayLoseDigits,
} from '../../src/core/json-number.ts';
import { parseNumbers, readJson } from '../../src/core/json.ts';

/** Numbers as JSON may spell them. */
const spelled = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.bigInt({ min: 1n, max: 10n ** 30n }).map(String),
      fc.nat().map(String),
    ),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,25}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,4}$/)),
  )
  .map((parts) => parts.join(''));

describe('a number of a text', () => {
  test('is found wherever JavaScript would write it otherwise', () => {
    const around = fc.constantFrom('_', '[_]', '{"a":_}', '[1,_,2]', '{"a": _ }', '[\n_\n]');
    fc.assert(
      fc.property(spelled, around, (number, frame) => {
        const text = frame.replace('_', number);
        const isOrdinary = String(Number(number)) === number;
        expect(isOrdinary || mayLoseDigits(text)).toBe(true);
        expect(JSON.stringify(parseNumbers(text, keepSource)).replaceAll(/\s/g, '')).toBe(
          text.replaceAll(/\s/g, ''),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('is looked for only where there may be one: ordinary answers are parsed once', () => {
    const text = JSON.stringify({
      id: 123_456_789_012_345,
      price: 19.99,
      ratio: -0.5,
      zero: 0,
      round: 100,
      at: '2024-01-01T00:00:00.000Z',
      local: '2024-01-01T10:00:00.500+02:00',
      uuid: '12e45678-0e1f-4000-8000-000000000000',
      card: '4000123456784242',
      list: [1, 2.25, 'x 1.50', '1e5'],
    });
    expect(mayLoseDigits(text)).toBe(false);
  });

  test('of hostile length takes time in proportion', () => {
    const start = performance.now();
    for (const text of [
      `[${'1.'.repeat(500_000)}`,
      `[${'1'.repeat(1_000_000)}]`,
      `[0.${'0'.repeat(1_000_000)}1]`,
      '[1,'.repeat(300_000),
      `[${'1.5,'.repeat(250_000)}1]`,
    ]) {
      mayLoseDigits(text);
    }
    decimalOf(`0.${'0'.repeat(1_000_000)}1`);
    isSafe('9'.repeat(1_000_000));
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test.each([
    ['5', true],
    ['-0', true],
    ['1.0', true],
    ['1E2', true],
    ['0.1000', true],
    ['0.1', true],
    ['9007199254740991', true],
    ['9007199254740991.0', true],
    ['9007199254740992', false],
    ['9007199254740993', false],
    ['-9007199254740993', false],
    ['1e22', false],
    ['1e400', false],
    ['1e-400', false],
    ['0.1234567890123456789', false],
    ['1.00000000000000000001', false],
  ])('%s is safe to compute with: %s', (source, expected) => {
    expect(isSafe(source)).toBe(expected);
  });

  test.each([
    ['100', '1E2'],
    ['100', '1.0e+2'],
    ['0.1', '0.1000'],
    ['0', '-0.00e5'],
    ['-1500', '-1.5e3'],
  ])('%s is the same as %s', (one, other) => {
    expect(decimalOf(one)).toBe(decimalOf(other));
  });

  test.each([
    ['5', true],
    ['5.0', true],
    ['1e400', true],
    ['10.5e1', true],
    ['0.0', true],
    ['5.5', false],
    ['5e-1', false],
    ['1e-400', false],
  ])('%s is whole: %s', (source, expected) => {
    expect(isWhole(source)).toBe(expected);
  });

  test('is ordinary to those who do not ask for its source', () => {
    const json = readJson(Buffer.from('{"n":1.0,"m":9007199254740993}'));
    expect(json.value).toEqual({ n: 1, m: Number('9007199254740993') });
    expect(JSON.stringify(json.exact)).toBe('{"n":1.0,"m":9007199254740993}');
    expect(json.withNumbersAsText()).toEqual({ n: '1.0', m: '9007199254740993' });
  });
});
