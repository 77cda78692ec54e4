import { describe, expect, test } from 'vitest';
import { formatPath } from '../../../src/config/fault.ts';
import { compare, NOTHING } from '../../../src/testing/cases/compare.ts';

const differences = (expected: unknown, actual: unknown): string[] =>
  [...compare(expected, actual, ['body'])].map(
    ({ path, expected: wanted, got }) => `${formatPath(path)}: ${wanted}, ${got}`,
  );

describe('compare', () => {
  test.each([
    [
      { a: 1, b: [true, null] },
      { b: [true, null], a: 1 },
    ],
    ['text', 'text'],
    [{ id: { matches: '^\\d+$' } }, { id: '42' }],
    [{ id: { matches: '^4' } }, { id: 42 }],
    [{ a: { present: true }, b: { absent: true } }, { a: null }],
    [
      { a: { type: 'number' }, b: { type: 'list' }, c: { type: 'null' } },
      { a: 1, b: [], c: null },
    ],
    [{ includes: { a: { b: 1 } } }, { a: { b: 1, c: 2 }, d: 3 }],
    [{ includes: [{ id: 2 }] }, [{ id: 1 }, { id: 2, name: 'x' }]],
    [{ includes: 'ell' }, 'hello'],
    [{ a: { includes: { absent: true } } }, {}],
    [{ exactly: { matches: 'x' } }, { matches: 'x' }],
    [
      { matches: 'x', other: 1 },
      { matches: 'x', other: 1 },
    ],
  ])('%j is met by %j', (expected, actual) => {
    expect(differences(expected, actual)).toEqual([]);
  });

  test.each<[unknown, unknown, string[]]>([
    [{ a: 1, b: 2 }, { a: 2, c: 3 }, ['body.a: 1, 2', 'body.b: 2, nothing', 'body.c: nothing, 3']],
    [{ a: 1 }, { a: '1' }, ['body.a: 1, "1"']],
    [[1, 2], [1], ['body: 2 entries, 1 entry: [1]']],
    [[1, 2], [1, 3], ['body[1]: 2, 3']],
    [{ a: { matches: '^b' } }, { a: 'abc' }, ['body.a: a match of /^b/, "abc"']],
    [{ a: { matches: 'b' } }, {}, ['body.a: a match of /b/, nothing']],
    [{ a: { absent: true } }, { a: 0 }, ['body.a: nothing, 0']],
    [{ a: { type: 'map' } }, { a: [] }, ['body.a: a value of the type map, []']],
    [{ includes: { a: { b: 1 } } }, { a: { c: 1 } }, ['body.includes.a.b: 1, nothing']],
    [{ includes: [1, 1] }, [1, 2], ['body.includes[1]: an entry like 1, [1,2]']],
    [{ includes: 'x' }, 'hello', ['body.includes: a text that holds "x", "hello"']],
    ['a', NOTHING, ['body: "a", nothing']],
    [{ a: 'y' }, 'y', ['body: {"a":"y"}, "y"']],
  ])('%j is not met by %j', (expected, actual, told) => {
    expect(differences(expected, actual)).toEqual(told);
  });

  test('cuts what would fill the screen', () => {
    expect(differences('a', 'b'.repeat(10_000))[0]!.length).toBeLessThan(250);
  });

  test('looks at own members only', () => {
    expect(differences({ toString: { absent: true } }, {})).toEqual([]);
    expect(differences({ constructor: 1 }, {})).toEqual(['body.constructor: 1, nothing']);
  });
});
