import { expect, test } from 'vitest';
import { inSlices, Slices } from '../../src/core/slices.ts';

/** Busy for a while. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('others get their turns between the slices of long work', async () => {
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  const result = await inSlices(
    (function* long() {
      for (let piece = 0; piece < 20; piece++) {
        work(5);
        yield;
      }
      return 'done';
    })(),
  );
  clearInterval(others);
  expect(result).toBe('done');
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('short work is done in one go', async () => {
  let isTurn = false;
  const slices = new Slices();
  setImmediate(() => (isTurn = true));
  for (let piece = 0; piece < 100; piece++) await slices.pause();
  expect(isTurn).toBe(false);
});
