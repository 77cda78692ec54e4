import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { retry, type RetryOptions } from '../../src/policies/retry.ts';
import { around, answering, aRequest, aResponse, codeOf, failure } from '../helpers/call.ts';
import { retryOptions } from '../helpers/retry.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();
const retrying = (fields?: Partial<RetryOptions>) => around(retry(retryOptions(fields)));
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH', 'PROPFIND'];

/** The attempts made for one call that fails like this at first. */
async function triesAfter(first: ErrorCode | number, method = 'GET'): Promise<number> {
  const send = answering(typeof first === 'number' ? first : failure(first), 200);
  const outcome = codeOf(retrying()(send)(aRequest({ method })));
  await pass(1_000);
  await outcome;
  return send.calls;
}

describe('a retry', () => {
  test.each(METHODS)('of %s follows a refused connection: nothing was sent', async (method) => {
    expect(await triesAfter('GW_UPSTREAM_CONNECT', method)).toBe(2);
  });

  test.each(['GW_UPSTREAM_RESET', 'GW_UPSTREAM_TIMEOUT', 502, 503, 504] as const)(
    'follows %s for idempotent methods only',
    async (first) => {
      const tries = await Promise.all(METHODS.map((method) => triesAfter(first, method)));
      expect(tries).toEqual([2, 2, 2, 2, 2, 1, 1, 1]);
    },
  );

  test.each([
    'GW_BULKHEAD_FULL',
    'GW_CIRCUIT_OPEN',
    'GW_NO_TARGET',
    'GW_UPSTREAM_PROTOCOL',
    'GW_UPSTREAM_INVALID',
    'GW_CLIENT_CLOSED',
    'GW_BODY_TOO_LARGE',
    'GW_INTERNAL',
    200,
    404,
    429,
    500,
    501,
  ] as const)('does not follow %s', async (first) => {
    expect(await triesAfter(first)).toBe(1);
  });

  test('does not follow a bug', async () => {
    const send = answering(new TypeError('a bug'), 200);
    expect(await codeOf(retrying()(send)(aRequest()))).toBe('TypeError: a bug');
    expect(send.calls).toBe(1);
  });

  test.each([
    ['connect', 'GW_UPSTREAM_CONNECT'],
    ['reset', 'GW_UPSTREAM_RESET'],
    [504, 'GW_UPSTREAM_TIMEOUT'],
    [503, 503],
  ] as const)('without %s in `on` does not follow %s', async (reason, first) => {
    const on = retryOptions().on.filter((each) => each !== reason);
    const send = answering(typeof first === 'number' ? first : failure(first), 200);
    const outcome = codeOf(retrying({ on })(send)(aRequest()));
    await pass(1_000);
    await outcome;
    expect(send.calls).toBe(1);
  });

  test('is reported with its reason, for the metric', async () => {
    const onRetry = vi.fn<(reason: string) => void>();
    const failures = ['GW_UPSTREAM_CONNECT', 'GW_UPSTREAM_RESET', 'GW_UPSTREAM_TIMEOUT'] as const;
    for (const code of failures) {
      const outcome = retrying({ onRetry })(answering(failure(code), 200))(aRequest());
      await pass(1_000);
      await outcome;
    }
    const outcome = retrying({ onRetry })(answering(503, 200))(aRequest());
    await pass(1_000);
    await outcome;
    expect(onRetry.mock.calls.flat()).toEqual(['connect', 'reset', 'timeout', '503']);
  });

  test('counts all attempts in `attempts`, and passes the last outcome on', async () => {
    const send = answering(502, 503, failure('GW_UPSTREAM_RESET'), 504);
    const outcome = codeOf(retrying({ attempts: 3 })(send)(aRequest()));
    await pass(1_000);
    expect(await outcome).toBe('GW_UPSTREAM_RESET');
    expect(send.requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});

describe('the target of a retry', () => {
  test('is another one: the request lists those that were tried', async () => {
    const send = answering(
      aResponse({ status: 503, target: 'http://a' }),
      failure('GW_UPSTREAM_RESET', 'http://b'),
      200,
    );
    const outcome = retrying({ attempts: 3 })(send)(aRequest());
    await pass(1_000);
    await outcome;
    expect(send.requests.map(({ tried }) => tried)).toEqual([
      [],
      ['http://a'],
      ['http://a', 'http://b'],
    ]);
  });

  test('depends on the call’s own failure, not on that of a concurrent call', async () => {
    const request = aRequest();
    const send = answering(async ({ record }) => {
      record.attempt('orders', 'http://of-the-other-call', { method: 'GET', path: '/' });
      throw failure('GW_UPSTREAM_RESET', 'http://a');
    }, 200);
    const outcome = retrying()(send)(request);
    await pass(1_000);
    await outcome;
    expect(send.requests[1]!.tried).toEqual(['http://a']);
  });
});

describe('a client that leaves', () => {
  test('ends the retries: nothing is sent for it any more', async () => {
    const signal = new Cancellation();
    const send = answering(async () => {
      signal.cancel(failure('GW_CLIENT_CLOSED'));
      throw failure('GW_UPSTREAM_CONNECT');
    }, 200);
    expect(await codeOf(retrying()(send)(aRequest({ signal })))).toBe('GW_UPSTREAM_CONNECT');
    expect(send.calls).toBe(1);
  });

  test('ends them after an answer too, and no retry is counted', async () => {
    const signal = new Cancellation();
    const onRetry = vi.fn<(reason: string) => void>();
    const send = answering(async () => {
      signal.cancel(failure('GW_CLIENT_CLOSED'));
      return aResponse({ status: 503 });
    });
    await retrying({ onRetry })(send)(aRequest({ signal }));
    expect(onRetry).not.toHaveBeenCalled();
  });

  test('ends the wait before the next try at once', async () => {
    const signal = new Cancellation();
    const send = answering(failure('GW_UPSTREAM_CONNECT'));
    const outcome = codeOf(
      retrying({ backoffMs: 10_000, random: () => 0.9 })(send)(aRequest({ signal })),
    );
    await pass(100);
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    expect(await outcome).toBe('GW_CLIENT_CLOSED');
    expect(vi.getTimerCount()).toBe(0);
    expect(send.calls).toBe(1);
  });
});
