import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { bulkhead } from '../../src/policies/bulkhead.ts';
import { feed } from '../helpers/body.ts';
import { aRequest, around, aResponse, codeOf, failure, slotsOf } from '../helpers/call.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();

/** One call: when it starts, how long until its head and its end, and when its client leaves. */
const call = fc.record({
  at: fc.integer({ min: 0, max: 400 }),
  head: fc.integer({ min: 0, max: 30 }),
  body: fc.integer({ min: 0, max: 30 }),
  leaves: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 6, nil: undefined }),
  fails: fc.boolean(),
});
type Plan = typeof call extends fc.Arbitrary<infer T> ? T : never;

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Plays all calls against `concurrency` slots; returns the outcome of each, and the most at once. */
async function play(plans: readonly Plan[], concurrency: number) {
  const slots = slotsOf({ concurrency, queue: 50, waitMs: 40 });
  let open = 0;
  let most = 0;
  const run = async (plan: Plan): Promise<string> => {
    await after(plan.at);
    const signal = new Cancellation();
    if (plan.leaves !== undefined) {
      void after(plan.leaves).then(() => signal.cancel(failure('GW_CLIENT_CLOSED')));
    }
    const admitted = around(bulkhead(slots, clock))(async () => {
      open += 1;
      most = Math.max(most, open);
      await after(plan.head);
      if (plan.fails || signal.reason !== undefined) {
        open -= 1;
        throw failure('GW_UPSTREAM_RESET');
      }
      const { body } = feed();
      body.onClose(() => (open -= 1));
      signal.listen({ onCancel: (reason) => body.fail(reason) });
      void after(plan.body).then(() => body.finish(undefined));
      return aResponse({ body });
    });
    return codeOf(admitted(aRequest({ signal })));
  };
  const outcomes = Promise.all(plans.map(run));
  await pass(2_000);
  return { slots, most, outcomes: await outcomes, open };
}

describe('slots', () => {
  test('are neither lost nor doubled by 800 calls, some of them aborted', async () => {
    vi.useFakeTimers();
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: 800, maxLength: 800 }),
        fc.integer({ min: 1, max: 8 }),
        async (plans, concurrency) => {
          const { slots, most, outcomes, open } = await play(plans, concurrency);
          expect(most).toBe(concurrency);
          expect(open).toBe(0);
          expect(slots.used).toBe(0);
          expect(slots.queued).toBe(0);
          expect(vi.getTimerCount()).toBe(0);
          const known = ['fulfilled', 'GW_UPSTREAM_RESET', 'GW_BULKHEAD_FULL', 'GW_CLIENT_CLOSED'];
          expect(outcomes.filter((code) => !known.includes(code))).toEqual([]);
        },
      ),
      { numRuns: 10 },
    );
  });

  test('refuse no call while one is free', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 40 }), async (plans) => {
        const patient = plans.map((plan) => ({ ...plan, leaves: undefined, fails: false }));
        const { outcomes } = await play(patient, 40);
        expect(new Set(outcomes)).toEqual(new Set(['fulfilled']));
      }),
      { numRuns: 20 },
    );
  });
});
