import { systemClock } from '../../src/core/clock.ts';
import { WindowBudget } from '../../src/policies/budget.ts';
import type { RetryOptions } from '../../src/policies/retry.ts';

/** The defaults of an upstream, with no wait between tries. */
export const retryOptions = (fields: Partial<RetryOptions> = {}): RetryOptions => ({
  attempts: 2,
  on: ['connect', 'reset', 502, 503, 504],
  backoffMs: 25,
  share: 0.2,
  budget: new WindowBudget(systemClock),
  clock: systemClock,
  random: () => 0,
  ...fields,
});
