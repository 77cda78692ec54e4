import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ask, decide, GcraMemory, type Taken } from '../../plugins/rate-limit/gcra.ts';

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

describe('what costs more', () => {
  test('takes that much of the burst, and waits until that much is there', () => {
    expect(decide(undefined, 0, 10, 1_000, 4)).toMatchObject({ allowed: true, remaining: 6 });
    expect(decide(700, 0, 10, 1_000, 4)).toMatchObject({
      allowed: false,
      remaining: 3,
      resetMs: 100,
    });
    expect(decide(700, 100, 10, 1_000, 4).allowed).toBe(true);
  });

  test('and costs nothing, is never refused', () => {
    expect(decide(1_000, 0, 10, 1_000, 0)).toMatchObject({ allowed: true, remaining: 0 });
  });
});

const ask = (key: string, more: Partial<Ask> = {}): Ask => ({
  key,
  max: 2,
  windowMs: 1_000,
  cost: 1,
  isBinding: true,
  ...more,
});

describe('several limits at once', () => {
  test('count a request only where none of them refuses it', () => {
    const memory = new GcraMemory(() => 0);
    const both = [ask('wide', { max: 3 }), ask('narrow', { max: 1 })];
    const told = () => memory.takeAll(both).map(({ allowed, remaining }) => [allowed, remaining]);
    expect(told()).toEqual([
      [true, 2],
      [true, 0],
    ]);
    expect(told()).toEqual([
      [true, 2],
      [false, 0],
    ]);
    expect(memory.takeAll([ask('wide', { max: 3 })])[0]?.remaining).toBe(1);
  });

  test('one that does not bind refuses nobody, and does not count what others refuse', () => {
    const memory = new GcraMemory(() => 0);
    const report = ask('report', { max: 1, isBinding: false });
    expect(memory.takeAll([report, ask('own')]).map(({ allowed }) => allowed)).toEqual([
      true,
      true,
    ]);
    const [told, own] = memory.takeAll([report, ask('own')]);
    expect([told?.allowed, own?.allowed, own?.remaining]).toEqual([false, true, 0]);
    expect(memory.takeAll([ask('other', { isBinding: false }), ask('own')])[0]?.remaining).toBe(2);
  });
});

describe('what is given back', () => {
  test('is there again at once', () => {
    const memory = new GcraMemory(() => 0);
    const taken = memory.takeAll([ask('a')]);
    memory.giveBack([ask('a')], taken);
    expect(memory.takeAll([ask('a')])[0]?.remaining).toBe(1);
  });

  test('never lets more through than N + N·t/W, of those that were not given back', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 400 }), back: fc.nat({ max: 5 }) });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 120 }), ({ max, windowMs }, steps) => {
        let now = 0;
        const memory = new GcraMemory(() => now);
        const own = [ask('a', { max, windowMs })];
        let admitted: { readonly at: number; readonly taken: readonly Taken[] }[] = [];
        for (const { gap, back } of steps) {
          now += (gap * windowMs) / (max * 100);
          const taken = memory.takeAll(own);
          if (taken[0]!.allowed) admitted.push({ at: now, taken });
          const given = admitted[back];
          if (given !== undefined) {
            memory.giveBack(own, given.taken);
            admitted = admitted.filter((each) => each !== given);
          }
        }
        return admitted.every(({ at: from }, i) =>
          admitted.slice(i).every(({ at: to }, n) => {
            return n + 1 <= Math.floor(max + (max * (to - from)) / windowMs + 1e-6);
          }),
        );
      }),
    );
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

  test('takes less than 40 MiB for a million keys', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const memory = new GcraMemory(() => 0);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000; i++) memory.take(`route by 1/1 =10.0.0.${i}`, 1, 60_000);
    collect();
    const mib = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    expect(memory.size).toBe(200_000);
    expect(mib).toBeLessThan(40);
  });

  test('keeps the counts of keys apart', () => {
    const memory = new GcraMemory(() => 0);
    expect(memory.take('a', 1, 1_000).allowed).toBe(true);
    expect(memory.take('a', 1, 1_000).allowed).toBe(false);
    expect(memory.take('b', 1, 1_000).allowed).toBe(true);
  });
});
