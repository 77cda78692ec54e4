import { expect, test } from 'vitest';
import { wallTimes } from '../../src/observe/wall-time.ts';

test('the time of day is that of Date, to the millisecond, whichever way it goes', () => {
  const told = wallTimes();
  const start = Date.UTC(2026, 10, 30, 8, 15);
  for (const ms of [0, 1, 10, 999, 1_000, 59_999, 60_000, 500, -1, -86_400_000, -start - 1]) {
    expect(told(start + ms)).toBe(new Date(start + ms).toISOString());
  }
});
