import { describe, expect, test } from 'vitest';
import { Sampler } from '../../../src/observe/tracing/sampler.ts';

/** Random numbers that repeat from run to run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const drawn = (share: number, count: number): boolean[] => {
  const sampler = new Sampler(share, seeded(7));
  return Array.from({ length: count }, () => sampler.draw());
};

describe('a sampler', () => {
  test('draws none for 0, and all for 1', () => {
    expect(drawn(0, 10_000)).not.toContain(true);
    expect(drawn(1, 10_000)).not.toContain(false);
  });

  test.each([0.001, 0.05, 0.5, 0.99])('draws a share of %d', (share) => {
    const count = 400_000;
    const hits = drawn(share, count).filter(Boolean).length;
    // Five standard deviations of a binomial distribution.
    const spread = 5 * Math.sqrt(count * share * (1 - share));
    expect(Math.abs(hits - count * share)).toBeLessThan(spread);
  });

  test('draws each by itself: what follows a drawn one is as likely as after any other', () => {
    const all = drawn(0.2, 400_000);
    const after = all.filter((_, i) => all[i - 1] === true);
    const share = after.filter(Boolean).length / after.length;
    expect(Math.abs(share - 0.2)).toBeLessThan(0.01);
  });

  test('may draw the very first one', () => {
    const firsts = Array.from({ length: 2_000 }, (_, i) => new Sampler(0.5, seeded(i)).draw());
    expect(Math.abs(firsts.filter(Boolean).length / 2_000 - 0.5)).toBeLessThan(0.06);
  });
});
