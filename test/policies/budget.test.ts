import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RetryBudget, WindowBudget } from '../../src/policies/budget.ts';
import type { Clock } from '../../src/core/clock.ts';
import { manualClock } from '../helpers/clock.ts';

/** All kinds follow the same rules, whoever shares them. */
const KINDS: readonly (readonly [name: string, make: (clock: Clock) => RetryBudget])[] = [
  ['of one thread', (clock) => new WindowBudget(clock)],
];

describe.each(KINDS)('the budget of retries %s', (_name, make) => {
  test('allows three at once without traffic, then three per second', () => {
    const clock = manualClock();
    const budget = make(clock);
    const granted = (): number => [1, 2, 3, 4, 5].filter(() => budget.withdraw(0.2)).length;
    expect(granted()).toBe(3);
    clock.advance(500);
    expect(granted()).toBe(1);
    clock.advance(60_000);
    expect(granted()).toBe(3);
  });

  test('allows a share of the calls of the last 10 s', () => {
    const clock = manualClock();
    const budget = make(clock);
    for (let i = 0; i < 1_000; i++) budget.deposit();
    clock.advance(8_000);
    let granted = 0;
    while (budget.withdraw(0.2)) granted += 1;
    expect(granted).toBe(200 + 3);
  });

  test('forgets calls after 10 s', () => {
    const clock = manualClock();
    const budget = make(clock);
    for (let i = 0; i < 1_000; i++) budget.deposit();
    clock.advance(10_000);
    let granted = 0;
    while (budget.withdraw(0.2)) granted += 1;
    expect(granted).toBe(3);
  });

  test('of 0% leaves three per second', () => {
    const budget = make(manualClock());
    for (let i = 0; i < 1_000; i++) budget.deposit();
    expect([1, 2, 3, 4].map(() => budget.withdraw(0))).toEqual([true, true, true, false]);
  });

  test('never grants more than 20 % of calls plus three per second, over any time', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 4_000 }),
      calls: fc.integer({ min: 0, max: 40 }),
      wishes: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = manualClock();
        const budget = make(clock);
        const log: { at: number; calls: number; retries: number }[] = [];
        for (const { waitMs, calls, wishes } of steps) {
          clock.advance(waitMs);
          for (let i = 0; i < calls; i++) budget.deposit();
          let retries = 0;
          for (let i = 0; i < wishes; i++) if (budget.withdraw(0.2)) retries += 1;
          log.push({ at: clock.now(), calls, retries });
        }
        for (const [i, first] of log.entries()) {
          for (const last of log.slice(i)) {
            const within = log.filter(({ at }) => at >= first.at && at <= last.at);
            const earned = log.filter(({ at }) => at > first.at - 10_000 && at <= last.at);
            const seconds = (last.at - first.at) / 1_000;
            const bound = 0.2 * total(earned, 'calls') + 3 * seconds + 3;
            expect(total(within, 'retries')).toBeLessThanOrEqual(bound + 1e-9);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

const total = <K extends string>(entries: readonly Record<K, number>[], key: K): number =>
  entries.reduce((sum, entry) => sum + entry[key], 0);
