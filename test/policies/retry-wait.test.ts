import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import { WindowBudget } from '../../src/policies/budget.ts';
import { retry, retryAfterMs, type RetryOptions } from '../../src/policies/retry.ts';
import { around, answering, aRequest, aResponse, codeOf, failure } from '../helpers/call.ts';
import { retryOptions } from '../helpers/retry.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();
const retrying = (fields?: Partial<RetryOptions>) => around(retry(retryOptions(fields)));
const refused = failure('GW_UPSTREAM_CONNECT');

describe('the wait before a retry', () => {
  test.each([
    [0, [0, 0, 0]],
    [0.5, [50, 100, 200]],
    [0.999, [99.9, 199.8, 399.6]],
  ])('has full jitter and doubles: a random %d makes %j', async (random, waits) => {
    const at: number[] = [];
    const send = answering(async () => {
      at.push(clock.now());
      throw refused;
    });
    const outcome = codeOf(
      retrying({ attempts: 4, backoffMs: 100, random: () => random })(send)(aRequest()),
    );
    await pass(2_000);
    await outcome;
    const gaps = at.slice(1).map((time, i) => time - at[i]!);
    gaps.forEach((gap, i) => expect(Math.abs(gap - waits[i]!)).toBeLessThanOrEqual(1.5));
    expect(gaps).toHaveLength(3);
  });

  test('never exceeds 10 s by itself', async () => {
    const send = answering(refused, 200);
    const call = retrying({ backoffMs: 60_000, random: () => 0.999 })(send);
    const outcome = call(aRequest());
    await pass(10_000);
    expect((await outcome).status).toBe(200);
  });

  test('that would exceed the deadline does not begin: the failure is passed on at once', async () => {
    const send = answering(refused, 200);
    const request = aRequest({ deadlineAt: clock.now() + 40 });
    const call = retrying({ backoffMs: 100, random: () => 0.5 })(send);
    expect(await codeOf(call(request))).toBe('GW_UPSTREAM_CONNECT');
    expect(send.calls).toBe(1);
  });
});

describe('Retry-After', () => {
  const busy = (value: string | string[]) =>
    answering(aResponse({ status: 503, headers: { 'retry-after': value } }), 200);

  test('in seconds is the minimum wait', async () => {
    const send = busy('2');
    const outcome = retrying()(send)(aRequest());
    await pass(1_999);
    expect(send.calls).toBe(1);
    await pass(1);
    expect((await outcome).status).toBe(200);
  });

  test('of 0 retries at once', async () => {
    const send = busy('0');
    const outcome = retrying()(send)(aRequest());
    await pass(1);
    expect((await outcome).status).toBe(200);
  });

  test('as a date is the minimum wait too', async () => {
    const send = busy(new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000).toUTCString());
    const outcome = retrying()(send)(aRequest());
    await pass(2_999);
    expect(send.calls).toBe(1);
    await pass(1_001);
    expect((await outcome).status).toBe(200);
  });

  test('past the deadline leaves the answer unchanged', async () => {
    const send = busy('5');
    const outcome = await retrying()(send)(aRequest({ deadlineAt: clock.now() + 5_000 }));
    expect(outcome.status).toBe(503);
    expect(send.calls).toBe(1);
  });

  test('that comes twice counts once', async () => {
    const send = busy(['1', '100']);
    const outcome = retrying()(send)(aRequest());
    await pass(1_000);
    expect((await outcome).status).toBe(200);
  });

  const now = Date.UTC(1994, 10, 6, 8, 49, 30);
  test.each([
    ['120', 120_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 7_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 7_000],
    ['Sun Nov  6 08:49:37 1994', 7_000],
    ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['2050', 2_050_000],
    ['next 2050', undefined],
    ['Sun, 99 Nov 1994 08:49:37 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s ms', (value, ms) => {
    expect(retryAfterMs(value, now)).toBe(ms);
  });
});

describe('the budget', () => {
  test('bounds the retries of all calls together', async () => {
    const send = answering(refused);
    const call = retrying({ budget: new WindowBudget(clock) })(send);
    for (let i = 0; i < 100; i++) {
      const outcome = codeOf(call(aRequest()));
      await pass(1);
      await outcome;
    }
    expect(send.calls).toBeGreaterThanOrEqual(120);
    expect(send.calls).toBeLessThanOrEqual(124);
  });

  test('is not charged for calls that are not retried', async () => {
    const budget = new WindowBudget(clock);
    const call = retrying({ budget, share: 0 })(answering(404));
    for (let i = 0; i < 10; i++) await call(aRequest());
    expect([1, 2, 3, 4].map(() => budget.withdraw(0))).toEqual([true, true, true, false]);
  });

  test('of a route bounds that route, as a share of all calls', async () => {
    const budget = new WindowBudget(clock);
    const generous = retrying({ budget, share: 1 })(answering(refused));
    const strict = answering(refused);
    for (let i = 0; i < 20; i++) {
      const outcome = codeOf(generous(aRequest()));
      await pass(1);
      await outcome;
    }
    const call = retrying({ budget, share: 0.1 })(strict);
    for (let i = 0; i < 10; i++) {
      const outcome = codeOf(call(aRequest()));
      await pass(1);
      await outcome;
    }
    // The three of the reserve and none of the share, which the other route has used up.
    expect(strict.calls).toBe(13);
  });
});
