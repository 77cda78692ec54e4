/** What a reviewer is told first about a change. */
import { describe, expect, test } from 'vitest';
import { complete, diffBetween, PAIRS } from './pairs.ts';

describe('portico diff tells first', () => {
  test.each(PAIRS)('$rule', async ({ before, after, tells }) => {
    const { code, out, err } = await diffBetween(complete(before), complete(after));
    const [section, first = section] = out;
    expect(err).toEqual(['']);
    expect(first!.trim()).toBe(tells);
    expect(code).toBe(/^(?:high|medium) /.test(tells) ? 1 : 0);
  });

  test('at least twenty kinds of change', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(20);
  });
});
