import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalPath, encodeQueryValue, encodeSegment } from '../../src/core/canonical-path.ts';

const keep = { handling: 'reject', escapedSlash: 'keep', parameters: 'keep' } as const;

describe('a value in a path', () => {
  test.each([
    ['42', '42'],
    ['a b', 'a%20b'],
    ['a/b', 'a%2Fb'],
    ['a?b#c', 'a%3Fb%23c'],
    ['100%', '100%25'],
    ['%2e%2e', '%252e%252e'],
    ['é', '%C3%A9'],
    ['...', '...'],
    // RFC 3986 §3.3: all that a segment may hold, but what starts parameters.
    ["a-._~!$&'()*+,=:@", "a-._~!$&'()*+,=:@"],
    ['a:cancel', 'a:cancel'],
    ['a;b', 'a%3Bb'],
    ['<>"[]^`{|}', '%3C%3E%22%5B%5D%5E%60%7B%7C%7D'],
  ])('%s is one segment: %s', (value, segment) => {
    expect(encodeSegment(value)).toBe(segment);
  });

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a backslash', String.raw`a\b`],
    ['a control character', 'a\nb'],
    ['one of the second set', 'a\u0085b'],
    ['half a character', '\ud800'],
    ['more than 1 KiB', 'x'.repeat(1_025)],
    ['more than 1 KiB, counted in bytes', 'é'.repeat(513)],
  ])('is refused where it is %s', (_what, value) => {
    expect(() => encodeSegment(value)).toThrow(RangeError);
  });

  test('may have 1 KiB', () => {
    expect(encodeSegment('é'.repeat(512))).toHaveLength(512 * 6);
  });

  test('makes a path that is canonical as it stands, or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6 }), (value) => {
        const segment = orNone(() => encodeSegment(value));
        if (segment === undefined) return;
        const path = orNone(() => canonicalPath(`/users/${segment}/orders`, keep));
        if (path === undefined) return;
        expect(path).toBe(`/users/${segment}/orders`);
        expect(path.split('/')).toHaveLength(4);
        expect(decodeURIComponent(path.split('/')[2]!)).toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a value in a query', () => {
  test.each([
    ['a&b=c', 'a%26b%3Dc'],
    ['a-._~', 'a-._~'],
    ["!$'()*+,;:@/?", '%21%24%27%28%29%2A%2B%2C%3B%3A%40%2F%3F'],
    ['..', '..'],
    ['', ''],
    [String.raw`a\b`, 'a%5Cb'],
  ])('%j is %s', (value, text) => {
    expect(encodeQueryValue(value)).toBe(text);
  });

  test('holds no control characters', () => {
    expect(() => encodeQueryValue('a\r\nb')).toThrow(RangeError);
  });
});

function orNone(make: () => string): string | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
