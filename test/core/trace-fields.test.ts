import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowedBaggage, parseTraceParent, validTraceState } from '../../src/core/trace-fields.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traceparent', () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    // Only the bits that have a meaning are kept.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    // A later version may say more.
    [`01-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-is`, 1],
  ])('is read: %s', (text, flags) => {
    expect(parseTraceParent(text)).toEqual({ traceId: TRACE, spanId: SPAN, flags });
  });

  test.each([
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01.`,
    `cc-${TRACE}-${SPAN}-01.what`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}0-01`,
    `0.-${TRACE}-${SPAN}-01`,
    // Sent twice, and joined by Node.
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ])('is dropped: %s', (text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });
});

describe('tracestate', () => {
  test.each([
    ['a=1', 'a=1'],
    [' a=1 ,\tb=2 ', 'a=1,b=2'],
    ['a=1,,b=2', 'a=1,b=2'],
    ['0tenant@system=x', '0tenant@system=x'],
    ['a-_*/1=x y', 'a-_*/1=x y'],
    [Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(), expect.any(String)],
    // Of more than 512 characters, long members go first, then the last ones.
    [
      `a=1,b=${'x'.repeat(127)},c=${'y'.repeat(255)},d=${'z'.repeat(200)}`,
      `a=1,b=${'x'.repeat(127)},c=${'y'.repeat(255)}`,
    ],
    [
      ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => `${key}=${'x'.repeat(98)}`).join(),
      ['a', 'b', 'c', 'd', 'e'].map((key) => `${key}=${'x'.repeat(98)}`).join(),
    ],
    [`a=${'x'.repeat(256)},b=${'y'.repeat(256)},c=1`, `a=${'x'.repeat(256)},c=1`],
  ])('is passed on: %s', (text, expected) => {
    expect(validTraceState(text)).toEqual(expected);
  });

  test.each([
    '',
    ',',
    'a',
    'a=',
    '=1',
    'A=1',
    'a=1,a=2',
    'a b=1',
    'a=1=2',
    'a@=1',
    '@a=1',
    'a@0b=1',
    `${'a'.repeat(257)}=1`,
    `a=${'x'.repeat(257)}`,
    `a@${'b'.repeat(15)}=1`,
    Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(),
    'a=\u00e9',
  ])('is dropped: %s', (text) => {
    expect(validTraceState(text)).toBeUndefined();
  });

  test('takes no time to speak of, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (text) => {
        const state = validTraceState(text);
        expect(state === undefined || state.length <= 512).toBe(true);
      }),
    );
  });
});

test('of baggage only the members whose keys are allowed are passed on, unchanged', () => {
  const names = new Set(['tenant', 'tier']);
  expect(allowedBaggage('tenant=x;ttl=3, secret=y ,tier =1', names)).toBe('tenant=x;ttl=3,tier =1');
  expect(allowedBaggage('secret=y', names)).toBeUndefined();
  expect(allowedBaggage('tenant=x', new Set())).toBeUndefined();
  expect(allowedBaggage(`tenant=${'x'.repeat(8_192)}`, names)).toBeUndefined();
});
