import { describe, expect, test } from 'vitest';
import { chooseCoding, CODINGS } from '../../../plugins/compress/accept-encoding.ts';

/** RFC 9110 §12.5.3, with zstd, br and gzip on offer, in this order. */
describe('the coding for a client', () => {
  test.each([
    ['the first on offer of those with the same quality', 'gzip, br, zstd', 'zstd'],
    ['the only one that it accepts', 'gzip, deflate', 'gzip'],
    ['the one that it likes best', 'zstd;q=0.1, br;q=0.8, gzip;q=0.9', 'gzip'],
    ['never one of quality 0', 'zstd;q=0, br;q=0.000, gzip;q=0.001', 'gzip'],
    ['any, for a star', '*', 'zstd'],
    ['one that the star means', 'zstd;q=0, *;q=0.5', 'br'],
    ['none, where the star excludes all others', 'deflate, *;q=0', undefined],
    ['the named one, where the star excludes all others', 'br, *;q=0', 'br'],
    ['none, if it likes plain bytes better', 'gzip;q=0.5, identity', undefined],
    ['one, if it likes plain bytes less', 'gzip, identity;q=0.5', 'gzip'],
    ['one, if it likes plain bytes as much', 'identity, gzip', 'gzip'],
    ['none, for an empty field', '', undefined],
    ['none, for codings that nobody knows', 'deflate, compress, aes128gcm', undefined],
    ['gzip, for its old name', 'x-gzip', 'gzip'],
    ['in any case, with white space', ' \tGZIP ; Q=0.3 ,,', 'gzip'],
    [
      'only by elements that are well formed',
      'br;q=2, zstd;q=-1, gzip;q=0.1234, br;level=1, "zstd"',
      undefined,
    ],
    ['by the others, if one is malformed', 'br;q=high, gzip', 'gzip'],
  ])('is %s: %s', (_rule, field, coding) => {
    expect(chooseCoding(field, CODINGS).coding).toBe(coding);
  });

  test('is none without the field', () => {
    expect(chooseCoding(undefined, CODINGS)).toEqual({ coding: undefined, refusesPlain: false });
  });

  test('is the first of what the route offers', () => {
    expect(chooseCoding('zstd, br, gzip', ['gzip', 'br']).coding).toBe('gzip');
  });

  test.each([
    ['gzip, identity;q=0', true],
    ['gzip, *;q=0', true],
    ['gzip, *;q=0, identity;q=0.1', false],
    ['gzip', false],
  ])('%s refuses plain bytes: %s', (field, refuses) => {
    expect(chooseCoding(field, CODINGS).refusesPlain).toBe(refuses);
  });

  test('is found in a long field without much work', () => {
    const hostile = `${'gzip;q=0 '.repeat(50_000)},${','.repeat(50_000)}${' '.repeat(50_000)}x, br`;
    const begun = process.cpuUsage();
    expect(chooseCoding(hostile, CODINGS).coding).toBe('br');
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  });
});
