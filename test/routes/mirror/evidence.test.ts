import { describe, expect, test } from 'vitest';
import { Evidence } from '../../../src/routes/mirror/evidence.ts';
import { Latencies } from '../../../src/observe/latencies.ts';
import { shownValue } from '../../../src/routes/mirror/shown-value.ts';

describe('the evidence', () => {
  const promote = { mismatches: 0.1, minimum: 10 };

  test.each([
    [9, 0, 'not yet: 9 of 10 compared'],
    [10, 0, 'promote'],
    [10, 1, 'promote'],
    [10, 2, 'not yet: 20% differ, and 10% may'],
  ])('of %i comparisons, %i of them different, advises "%s"', (compared, different, advice) => {
    const evidence = new Evidence();
    for (let i = 0; i < compared; i++) evidence.count(i < different ? ['a'] : [], promote);
    expect(evidence.figures(promote, 20)).toMatchObject({ compared, different, advice });
  });

  test('is of the last comparisons: no fewer than the minimum, and no more than twice as many', () => {
    const evidence = new Evidence();
    for (let i = 1; i <= 1_000; i++) {
      evidence.count([], promote);
      const { compared } = evidence.figures(promote, 20);
      expect(compared).toBeGreaterThanOrEqual(Math.min(i, promote.minimum));
      expect(compared).toBeLessThan(2 * promote.minimum);
    }
  });

  test('tells apart a bounded number of fields, and names those that differ most first', () => {
    const evidence = new Evidence();
    const many = { mismatches: 0, minimum: 1_000 };
    for (let i = 0; i < 500; i++) evidence.count([`field${i}`, 'always', 'always'], many);
    const { fields } = evidence.figures(many, Number.POSITIVE_INFINITY);
    expect(fields.length).toBeLessThanOrEqual(101);
    expect(fields[0]).toEqual({ field: 'always', answers: 500 });
    expect(fields.map(({ field }) => field)).toContain('other');
  });
});

test('latencies tell two services apart that differ by ten milliseconds', () => {
  const [one, other] = [new Latencies(), new Latencies()];
  for (let i = 0; i < 100; i++) {
    one.add(20 + i / 100);
    other.add(30 + i / 100);
  }
  const [fast, slow] = [Latencies.figuresOf([one])!, Latencies.figuresOf([other])!];
  expect(slow.meanMs - fast.meanMs).toBeCloseTo(10);
  expect(slow.p50Ms - fast.p50Ms).toBeGreaterThan(5);
  expect(Latencies.figuresOf([new Latencies()])).toBeUndefined();
  one.add(1e9);
  expect(Latencies.figuresOf([one])!.p99Ms).toBeGreaterThan(0);
});

describe('a value that differs is shown', () => {
  test.each([
    ['Ada', 'name', false, 'string(3)'],
    ['Ada', 'name', true, '"Ada"'],
    ['Ada', 'user.accessToken', true, 'string(3)'],
    ['a=1', 'header:set-cookie', true, 'string(3)'],
    [7, 'count', false, 'number'],
    [7, 'count', true, '7'],
    [JSON.rawJSON('1e400'), 'count', true, '1e400'],
    [{ password: 1 }, 'user', true, 'object(1)'],
    [[1, 2], 'list', true, 'list(2)'],
    [null, 'a', false, 'null'],
    [undefined, 'a', true, 'absent'],
    ['x'.repeat(500), 'a', true, `"${'x'.repeat(119)}…`],
  ])('%j at %s, with showValues %j, as %s', (value, place, isShown, shown) => {
    expect(shownValue(value, place, isShown)).toBe(shown);
  });
});
