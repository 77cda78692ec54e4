import { describe, expect, test } from 'vitest';
import { follow, parseValuePath, scalarText } from '../../src/core/value-path.ts';

describe('a path', () => {
  test.each<readonly [string, readonly string[]]>([
    ['a', ['a']],
    ['a.b-c.d_e', ['a', 'b-c', 'd_e']],
    ['lines.0.id', ['lines', '0', 'id']],
    ['"tenant.id"', ['tenant.id']],
    ["'tenant.id'", ['tenant.id']],
    ['"cognito:username"', ['cognito:username']],
    ['"https://shop.test/roles".0', ['https://shop.test/roles', '0']],
    [`a."b.c".'d"e'`, ['a', 'b.c', 'd"e']],
    ['"with space"', ['with space']],
    ['"grün"', ['grün']],
    ['@id', ['@id']],
    ['$ref', ['$ref']],
  ])('%s leads through %j', (text, names) => {
    expect(parseValuePath(text)).toEqual(names);
  });

  test.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    '"a',
    'a"',
    '""',
    '"a"b',
    'a"b"',
    '"{a}"',
    '"a\\"',
    'a[0]',
  ])('%s is none', (text) => {
    expect(() => parseValuePath(text)).toThrow('is not a path such as a.b');
  });

  test('that holds a colon is told how to be written', () => {
    const right = `write "cognito:username" with its own quotes, '"cognito:username"' in YAML`;
    expect(() => parseValuePath('cognito:username')).toThrow(right);
  });

  test.each<readonly [unknown, string, unknown]>([
    [{ a: { b: 1 } }, 'a.b', 1],
    [{ 'a.b': 2, a: { b: 1 } }, 'a.b', 1],
    [{ 'a.b': 2, a: { b: 1 } }, '"a.b"', 2],
    [{ 'a.b': 2 }, 'a.b', undefined],
    [{ a: [{ b: 1 }] }, 'a.0.b', 1],
    [{ a: [1, 2] }, 'a.length', undefined],
    [{ a: 'text' }, 'a.0', undefined],
    [{ a: 'text' }, 'a.length', undefined],
    [{}, 'constructor', undefined],
    [{ a: JSON.rawJSON('1.0') }, 'a.rawJSON', undefined],
    [null, 'a', undefined],
    [undefined, 'a', undefined],
  ])('of %j: %s leads to %j', (value, path, expected) => {
    expect(follow(value, parseValuePath(path))).toBe(expected);
  });

  test.each<readonly [unknown, string | undefined]>([
    ['x', 'x'],
    ['', ''],
    [5, '5'],
    [true, 'true'],
    [false, 'false'],
    [JSON.rawJSON('1.0'), '1.0'],
    [null, undefined],
    [{}, undefined],
    [[], undefined],
    [undefined, undefined],
  ])('%j is the text %j', (value, text) => {
    expect(scalarText(value)).toBe(text);
  });
});
