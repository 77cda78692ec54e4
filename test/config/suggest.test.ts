import { describe, expect, test } from 'vitest';
import { editDistance, hint, nearest } from '../../src/config/check/suggest.ts';

describe('the distance of two words', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['same', 'same', 0],
    ['upstrem', 'upstream', 1],
    ['upstreams', 'upstream', 1],
    ['ipstream', 'upstream', 1],
    ['timeuot', 'timeout', 1],
    ['kitten', 'sitting', 3],
  ])('%s → %s is %d edits, neighbours swapped being one', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });
});

describe('did you mean', () => {
  const known = ['upstream', 'upstreams', 'retry', 'rewrite', 'by'];

  test('is the nearest word, whatever its case', () => {
    expect(nearest('upstrem', known)).toBe('upstream');
    expect(nearest('Retry', known)).toBe('retry');
    expect(nearest('b', known)).toBe('by');
  });

  test('is nothing when no word is near: a third of its letters at most', () => {
    expect(nearest('banana', known)).toBeUndefined();
    expect(nearest('', known)).toBeUndefined();
    expect(nearest('retry', [])).toBeUndefined();
  });

  test('of two that are as near, the first one is meant', () => {
    expect(nearest('cat', ['car', 'cut'])).toBe('car');
  });

  test('lists what is known where nothing is near, and says nothing of nothing', () => {
    expect(hint('upstrem', known)).toBe('; did you mean "upstream"?');
    expect(hint('banana', ['a', 'b'])).toBe(' (known: a, b)');
    expect(hint('banana', [])).toBe('');
  });
});
