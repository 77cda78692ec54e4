/** What every window keeps to, whoever shares it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LocalWindow, type Window } from '../../../src/core/shared/window.ts';

const WINDOW_MS = 1_000;

const KINDS: readonly (readonly [name: string, make: () => Window])[] = [
  ['of one thread', () => new LocalWindow(WINDOW_MS)],
];

const step = fc.record({
  afterMs: fc.integer({ min: 0, max: 400 }),
  does: fc.constantFrom('succeed', 'fail', 'look', 'reset'),
});

describe.each(KINDS)('a window %s', (_name, make) => {
  test('counts all of its last nine tenths, and nothing older than itself', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(10_000), (steps, start) => {
        const window = make();
        let now = start;
        let seen: { readonly at: number; readonly isFailure: boolean }[] = [];
        for (const { afterMs, does } of steps) {
          now += afterMs;
          if (does === 'reset') {
            window.reset();
            seen = [];
          } else if (does !== 'look') {
            window.add(does === 'fail', now);
            seen.push({ at: now, isFailure: does === 'fail' });
          }
          const { calls, failures } = window.sum(now);
          const within = (ms: number) => seen.filter(({ at }) => at > now - ms);
          const [sure, most] = [within(WINDOW_MS * 0.9), within(WINDOW_MS)];
          const failed = (list: typeof seen) => list.filter(({ isFailure }) => isFailure).length;
          expect(calls).toBeGreaterThanOrEqual(sure.length);
          expect(calls).toBeLessThanOrEqual(most.length);
          expect(failures).toBeGreaterThanOrEqual(failed(sure));
          expect(failures).toBeLessThanOrEqual(failed(most));
        }
      }),
      { numRuns: 300 },
    );
  });
});
