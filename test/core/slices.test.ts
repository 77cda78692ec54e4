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

test('short work is done in one go: there is no turn but after a slice', async () => {
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const startedAt = performance.now();
  const slices = new Slices();
  for (let piece = 0; piece < 1_000; piece++) await slices.pause();
  clearImmediate(next);
  expect(turns).toBeLessThanOrEqual((performance.now() - startedAt) / 8);
});
