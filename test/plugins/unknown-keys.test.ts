import { expect, test } from 'vitest';
import { UnknownKeys } from '../../plugins/jwt/unknown-keys.ts';

/** The pauses, in ms, after `times` misses, each right at the end of the pause before. */
function pauses(keys: UnknownKeys, times: number, start: number): number[] {
  let now = start;
  return Array.from({ length: times }, () => {
    keys.missed(now, now);
    const begun = now;
    while (keys.isPaused(now)) now += 100;
    return now - begun;
  });
}

test('each fetch that does not bring the key makes the pause longer, to 30 s', () => {
  expect(pauses(new UnknownKeys(), 8, 0)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test('a fetch that many have waited for counts once', () => {
  const keys = new UnknownKeys();
  for (let i = 0; i < 30; i += 1) keys.missed(5, 10 + i);
  expect([keys.isPaused(1_009), keys.isPaused(1_010)]).toEqual([true, false]);
});

test('a key that was found ends the pause, and so does quiet', () => {
  const keys = new UnknownKeys();
  pauses(keys, 4, 0);
  keys.found();
  expect(keys.isPaused(15_000)).toBe(false);
  expect(pauses(keys, 2, 15_000)).toEqual([1_000, 2_000]);
  expect(pauses(keys, 1, 15_000 + 3_000 + 60_100)).toEqual([1_000]);
});
