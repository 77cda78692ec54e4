import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, GcraMemory } from '../../plugins/rate-limit/gcra.ts';

/** Asks at each of `gaps`, and gives the times of those that were admitted. */
function admittedAt(max: number, windowMs: number, gaps: readonly number[]): number[] {
  let arrival: number | undefined;
  let now = 0;
  const admitted: number[] = [];
  for (const gap of gaps) {
    now += gap;
    const decision = decide(arrival, now, max, windowMs);
    if (decision.allowed) admitted.push(now);
    arrival = decision.arrival;
  }
  return admitted;
}

const limits = fc.record({
  max: fc.integer({ min: 1, max: 200 }),
  windowMs: fc.integer({ min: 1, max: 100_000 }),
});

describe('GCRA', () => {
  test('never admits more than N at once, nor more than N + N·t/W in any time t', () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { maxLength: 400 }),
        ({ max, windowMs }, gaps) => {
          const times = admittedAt(max, windowMs, gaps);
          for (let from = 0; from < times.length; from++) {
            for (let to = from; to < times.length; to++) {
              const elapsed = times[to]! - times[from]!;
              const bound = max + (max * elapsed) / windowMs;
              if (to - from + 1 > Math.floor(bound + 1e-6)) return false;
            }
          }
          return true;
        },
      ),
    );
  });

  test('admits what comes at its rate, all of it', () => {
    fc.assert(
      fc.property(limits, ({ max, windowMs }) => {
        const gaps = Array.from({ length: 500 }, () => windowMs / max);
        return admittedAt(max, windowMs, gaps).length === 500;
      }),
    );
  });

  test('admits at least 98 % of N per W under any greater load', () => {
    const max = 100;
    const gaps = Array.from({ length: 100_000 }, (_, i) => (i % 7) / 3);
    const times = admittedAt(max, 1_000, gaps);
    const seconds = times.at(-1)! / 1_000;
    expect(times.length).toBeGreaterThanOrEqual(0.98 * max * seconds);
  });

  test('says how many are left, and when', () => {
    expect(decide(undefined, 0, 2, 1_000)).toEqual({
      allowed: true,
      remaining: 1,
      resetMs: 500,
      arrival: 500,
    });
    expect(decide(500, 0, 2, 1_000)).toMatchObject({ allowed: true, remaining: 0, resetMs: 1_000 });
    expect(decide(1_000, 0, 2, 1_000)).toMatchObject({
      allowed: false,
      remaining: 0,
      resetMs: 500,
    });
    // A refusal costs nothing.
    expect(decide(1_000, 0, 2, 1_000).arrival).toBe(1_000);
    expect(decide(1_000, 500, 2, 1_000).allowed).toBe(true);
  });
});

describe('the memory of counts', () => {
  test('forgets keys whose burst is whole again', () => {
    let now = 0;
    const memory = new GcraMemory(() => now);
    for (let i = 0; i < 4_000; i++) memory.take(`old${i}`, 1, 100);
    now = 1_000;
    for (let i = 0; i < 1_400; i++) memory.take(`new${i}`, 1, 100);
    expect(memory.size).toBeLessThanOrEqual(1_401);
  });

  test('never holds more than 200,000 keys', () => {
    const memory = new GcraMemory(() => 0);
    for (let i = 0; i < 200_500; i++) memory.take(`k${i}`, 1, 1_000);
    expect(memory.size).toBe(200_000);
  });

  test('keeps the counts of keys apart', () => {
    const memory = new GcraMemory(() => 0);
    expect(memory.take('a', 1, 1_000).allowed).toBe(true);
    expect(memory.take('a', 1, 1_000).allowed).toBe(false);
    expect(memory.take('b', 1, 1_000).allowed).toBe(true);
  });
});
