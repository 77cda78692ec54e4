/** The answer before a retry: kept while the retry runs, or passed on instead of it. */
import { describe, expect, test, vi } from 'vitest';
import { HELD_BYTES } from '../../src/core/body.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { WindowBudget } from '../../src/policies/budget.ts';
import { retry, type RetryOptions } from '../../src/policies/retry.ts';
import { bytesOf, feed } from '../helpers/body.ts';
import { around, answering, aRequest, aResponse, codeOf, failure } from '../helpers/call.ts';
import { retryOptions } from '../helpers/retry.ts';
import { pass, useFakeTime, watch } from '../helpers/time.ts';

useFakeTime();
const retrying = (fields?: Partial<RetryOptions>) => around(retry(retryOptions(fields)));
const REFUSALS = [
  'GW_CIRCUIT_OPEN',
  'GW_BULKHEAD_FULL',
  'GW_NO_TARGET',
  'GW_OVERLOADED',
] as const satisfies readonly ErrorCode[];

/** A 503 with a body of `length` bytes, complete right after its head. */
function busy(length: number) {
  const world = feed();
  return { ...world, answer: aResponse({ status: 503, body: world.body }), arrive };
  function arrive(): void {
    world.body.push(bytesOf(length));
    world.body.finish(undefined);
  }
}

describe('a retry that is refused', () => {
  test.each(REFUSALS)('by %s leaves the failure of the attempt before it', async (refusal) => {
    const send = answering(failure('GW_UPSTREAM_TIMEOUT'), failure(refusal));
    const outcome = codeOf(retrying()(send)(aRequest()));
    await pass(10);
    expect(await outcome).toBe('GW_UPSTREAM_TIMEOUT');
    expect(send.calls).toBe(2);
  });

  test.each(REFUSALS)('by %s leaves the whole answer of the attempt before it', async (refusal) => {
    const { answer, arrive } = busy(1_000);
    const outcome = retrying()(answering(answer, failure(refusal)))(aRequest());
    await pass(10);
    arrive();
    await pass(10);
    const { status, body } = await outcome;
    expect(status).toBe(503);
    expect(await body.bytes(2_000)).toEqual(bytesOf(1_000));
  });

  test('leaves all of 64 KiB', async () => {
    const { answer, arrive } = busy(HELD_BYTES);
    arrive();
    const send = answering(answer, failure('GW_CIRCUIT_OPEN'));
    const outcome = retrying()(send)(aRequest());
    await pass(10);
    expect((await (await outcome).body.bytes(HELD_BYTES)).length).toBe(HELD_BYTES);
    expect(send.calls).toBe(2);
  });

  test('leaves the outcome of the last attempt that was made', async () => {
    const send = answering(503, failure('GW_UPSTREAM_RESET'), failure('GW_CIRCUIT_OPEN'));
    const outcome = codeOf(retrying({ attempts: 5 })(send)(aRequest()));
    await pass(1_000);
    expect(await outcome).toBe('GW_UPSTREAM_RESET');
    expect(send.calls).toBe(3);
  });

  test('is not counted as a retry, and a refused first attempt stays refused', async () => {
    const onRetry = vi.fn<(reason: string) => void>();
    const outcome = codeOf(
      retrying({ onRetry })(answering(503, failure('GW_CIRCUIT_OPEN')))(aRequest()),
    );
    await pass(10);
    expect(await outcome).toBe('fulfilled');
    expect(onRetry).not.toHaveBeenCalled();
    expect(await codeOf(retrying()(answering(failure('GW_CIRCUIT_OPEN')))(aRequest()))).toBe(
      'GW_CIRCUIT_OPEN',
    );
  });

  test('notes how the first attempt ended', async () => {
    const request = aRequest();
    const send = answering(failure('GW_UPSTREAM_TIMEOUT'), 503, 200);
    const outcome = retrying({ attempts: 3 })(send)(request);
    await pass(1_000);
    await outcome;
    expect(request.record.firstEnding).toBe('GW_UPSTREAM_TIMEOUT');
  });
});

describe('the answer before a retry', () => {
  test('is waited for, so that its connection can be used again', async () => {
    const { answer, arrive, ...world } = busy(100);
    const seen = watch(retrying()(answering(answer, 200))(aRequest()));
    await pass(10);
    expect(seen.state).toBe('pending');
    arrive();
    await pass(1);
    expect(seen.state).toBe('fulfilled');
    expect(world.aborted).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is passed on past 64 KiB, with everything that still arrives', async () => {
    const { body, answer, aborted } = { ...busy(0) };
    body.push(bytesOf(HELD_BYTES + 1));
    const send = answering(answer, 200);
    const budget = new WindowBudget(clock);
    const outcome = await retrying({ budget })(send)(aRequest());
    expect([outcome.status, send.calls]).toEqual([503, 1]);
    const read = outcome.body.bytes(1_000_000);
    body.push(bytesOf(10));
    body.finish(undefined);
    expect((await read).length).toBe(HELD_BYTES + 11);
    expect(aborted).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is passed on if it is not complete within 100 ms', async () => {
    const { body, answer, ...world } = busy(0);
    const send = answering(answer, 200);
    const seen = retrying()(send)(aRequest());
    body.push(bytesOf(10));
    await pass(101);
    const outcome = await seen;
    expect([outcome.status, send.calls]).toEqual([503, 1]);
    const read = outcome.body.bytes(100);
    body.push(bytesOf(5));
    body.finish(undefined);
    expect((await read).length).toBe(15);
    expect(world.aborted).toBeUndefined();
  });

  test('that is passed on uses no budget and is not a retry', async () => {
    const budget = new WindowBudget(clock);
    const withdraw = vi.spyOn(budget, 'withdraw');
    const onRetry = vi.fn<(reason: string) => void>();
    const { body, answer } = busy(0);
    body.push(bytesOf(HELD_BYTES + 1));
    await retrying({ budget, onRetry })(answering(answer, 200))(aRequest());
    expect(withdraw).not.toHaveBeenCalled();
    expect(onRetry).not.toHaveBeenCalled();
  });

  test('that is cut while it is waited for is retried, or else reported as cut', async () => {
    const cut = () => {
      const { body, answer } = busy(0);
      body.push(bytesOf(10));
      body.fail(failure('GW_BODY_TRUNCATED'));
      return answer;
    };
    const again = retrying()(answering(cut(), 200))(aRequest());
    const refused = retrying()(answering(cut(), failure('GW_CIRCUIT_OPEN')))(aRequest());
    await pass(10);
    expect((await again).status).toBe(200);
    expect((await refused).status).toBe(503);
    expect(await codeOf((await refused).body.bytes(100))).toBe('GW_BODY_TRUNCATED');
  });

  test('ends when the client leaves while it is waited for', async () => {
    const signal = new Cancellation();
    const { body, answer } = busy(0);
    signal.listen({ onCancel: (reason) => body.destroy(reason) });
    const send = answering(answer, 200);
    const outcome = codeOf(retrying()(send)(aRequest({ signal })));
    await pass(10);
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    await pass(10);
    expect(await outcome).toBe('GW_CLIENT_CLOSED');
    expect(send.calls).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
