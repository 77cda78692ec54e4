import { CircuitState } from 'cockatiel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consecutiveFailures, FailureRatio } from '../../src/policies/failure-window.ts';
import { manualClock } from '../helpers/clock.ts';

const { Closed, HalfOpen, Open } = CircuitState;
const windowOf = (fields: { ratio?: number; minimum?: number } = {}) => {
  const clock = manualClock();
  const ratio = new FailureRatio({ ratio: 0.5, minimum: 4, windowMs: 10_000, clock, ...fields });
  const successes = (count: number): void => {
    for (let i = 0; i < count; i++) ratio.success(Closed);
  };
  /** Whether the last of `count` failures is one too many. */
  const failures = (count: number): boolean =>
    Array.from({ length: count }, () => ratio.failure(Closed)).at(-1)!;
  return { clock, ratio, successes, failures };
};

describe('a ratio of failures', () => {
  test('is too high from its value on, not below', () => {
    const { successes, failures } = windowOf();
    successes(3);
    expect(failures(2)).toBe(false);
    expect(failures(1)).toBe(true);
  });

  test('does not count below the minimum of calls', () => {
    const { failures } = windowOf();
    expect(failures(3)).toBe(false);
    expect(failures(1)).toBe(true);
  });

  test('forgets with the clock, not with traffic', () => {
    const { clock, failures } = windowOf();
    expect(failures(3)).toBe(false);
    clock.advance(10_000);
    expect(failures(3)).toBe(false);
    expect(failures(1)).toBe(true);
  });

  test('remembers within the window', () => {
    const { clock, failures } = windowOf();
    expect(failures(3)).toBe(false);
    clock.advance(8_999);
    expect(failures(1)).toBe(true);
  });

  test('forgets a quiet hour at once', () => {
    const { clock, successes, failures } = windowOf();
    successes(100);
    clock.advance(3_600_000);
    expect(failures(4)).toBe(true);
  });

  test('starts again when a probe has succeeded', () => {
    const { ratio, failures } = windowOf();
    failures(4);
    ratio.success(HalfOpen);
    expect(failures(2)).toBe(false);
    expect(failures(1)).toBe(true);
  });

  test.each([HalfOpen, Open])('is too high at once for a failed probe (state %i)', (state) => {
    expect(windowOf().ratio.failure(state)).toBe(true);
  });

  test('is exact within the window, whatever came before', () => {
    const event = fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const { clock, ratio } = windowOf();
        const log: { bucket: number; failed: boolean }[] = [];
        for (const { waitMs, failed } of events) {
          clock.advance(waitMs);
          const bucket = Math.floor(clock.now() / 1_000);
          log.push({ bucket, failed });
          const recent = log.filter((each) => each.bucket > bucket - 10);
          const bad = recent.filter((each) => each.failed).length;
          const tooMuch = recent.length >= 4 && bad / recent.length >= 0.5;
          if (failed) expect(ratio.failure(Closed)).toBe(tooMuch);
          else ratio.success(Closed);
        }
      }),
    );
  });
});

describe('failures in a row', () => {
  test('are too many at the given number', () => {
    const breaker = consecutiveFailures(3);
    expect([1, 2, 3].map(() => breaker.failure(Closed))).toEqual([false, false, true]);
  });

  test('start again with each success', () => {
    const breaker = consecutiveFailures(2);
    expect(breaker.failure(Closed)).toBe(false);
    breaker.success(Closed);
    expect(breaker.failure(Closed)).toBe(false);
    expect(breaker.failure(Closed)).toBe(true);
  });
});
