import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import type { Call } from '../../src/core/call.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { deadline, remainingMs } from '../../src/policies/deadline.ts';
import { feed } from '../helpers/body.ts';
import {
  around,
  answering,
  aRequest,
  aResponse,
  codeOf,
  deaf,
  failure,
  hanging,
} from '../helpers/call.ts';
import { pass, useFakeTime, watch } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';

useFakeTime();
const within = (deadlineMs: number) => around(deadline({ deadlineMs, clock }));

describe('the deadline', () => {
  test('ends a call to the millisecond, with GW_DEADLINE_EXCEEDED', async () => {
    const outcome = within(100)(hanging)(aRequest());
    const seen = watch(outcome);
    await pass(99);
    expect(seen.state).toBe('pending');
    await pass(1);
    expect(seen.state).toBe('rejected');
    expect(await codeOf(outcome)).toBe('GW_DEADLINE_EXCEEDED');
  });

  test('rejects on its own, even if the call inside never settles', async () => {
    const outcome = codeOf(within(100)(deaf)(aRequest()));
    await pass(100);
    expect(await outcome).toBe('GW_DEADLINE_EXCEEDED');
  });

  test('cancels the work', async () => {
    const signal = new Cancellation();
    const outcome = codeOf(within(100)(deaf)(aRequest({ signal })));
    await pass(100);
    await outcome;
    expect(signal.reason).toMatchObject({ code: 'GW_DEADLINE_EXCEEDED' });
  });

  test('destroys a response that comes too late', async () => {
    const { body, told } = feed();
    const late: Call = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return aResponse({ body });
    };
    const outcome = codeOf(within(100)(late)(aRequest()));
    await pass(200);
    expect(await outcome).toBe('GW_DEADLINE_EXCEEDED');
    expect(told).toEqual(['abort']);
  });

  test('ignores an error that comes too late', async () => {
    const late: Call = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      throw failure('GW_UPSTREAM_RESET');
    };
    const outcome = codeOf(within(100)(late)(aRequest()));
    await pass(200);
    expect(await outcome).toBe('GW_DEADLINE_EXCEEDED');
  });

  test('ends at the head: it never cuts a body', async () => {
    const signal = new Cancellation();
    const { body, told } = feed();
    await within(100)(answering(aResponse({ body })))(aRequest({ signal }));
    await pass(10_000);
    expect(told).toEqual([]);
    expect(signal.reason).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('passes a failure on and leaves no timer behind', async () => {
    const outcome = codeOf(within(100)(answering(failure('GW_UPSTREAM_RESET')))(aRequest()));
    expect(await outcome).toBe('GW_UPSTREAM_RESET');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer behind if the call throws before it returns a promise', async () => {
    const broken: Call = () => {
      throw new TypeError('a bug of a policy');
    };
    await expect(within(100)(broken)(aRequest())).rejects.toThrow(TypeError);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('tells the policies inside when it ends', async () => {
    const send = answering(200);
    await within(100)(send)(aRequest());
    expect(send.requests[0]!.deadlineAt).toBe(clock.now() + 100);
  });

  test('never extends the caller’s own', async () => {
    const send = answering(200);
    const deadlineAt = clock.now() + 50;
    await within(100)(send)(aRequest({ deadlineAt }));
    expect(send.requests[0]!.deadlineAt).toBe(deadlineAt);
  });

  test('bounds waiting too: nothing inside can hold a client longer', async () => {
    const queued: Call = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return hanging(request);
    };
    const outcome = codeOf(within(100)(queued)(aRequest()));
    await pass(100);
    expect(await outcome).toBe('GW_DEADLINE_EXCEEDED');
  });
});

describe('while an upload flows', () => {
  test('it is paused, and continues when the body is complete', async () => {
    const { upload, client } = sending({ idleMs: 100_000 });
    const seen = watch(within(100)(hanging)(aRequest({ body: upload })));
    await pass(40);
    upload.open().resume();
    await pass(5_000);
    expect(seen.state).toBe('pending');

    client.end('body');
    await pass(59);
    expect(seen.state).toBe('pending');
    await pass(2);
    expect(seen.state).toBe('rejected');
  });

  test('the remaining time is paused too', async () => {
    const { upload, client } = sending({ idleMs: 100_000 });
    const request = aRequest({ body: upload, deadlineAt: clock.now() + 100 });
    await pass(40);
    expect(remainingMs(request, clock)).toBe(60);
    upload.open().resume();
    await pass(500);
    expect(remainingMs(request, clock)).toBe(60);
    client.end();
    await pass(10);
    expect(remainingMs(request, clock)).toBe(50);
  });

  test('it continues between two attempts, when nobody reads the body', async () => {
    const { upload } = sending({ idleMs: 100_000 });
    const seen = watch(within(100)(hanging)(aRequest({ body: upload })));
    const attempt = upload.open();
    attempt.resume();
    await pass(5_000);
    attempt.destroy();
    await pass(99);
    expect(seen.state).toBe('pending');
    await pass(2);
    expect(seen.state).toBe('rejected');
  });

  test('it still ends if the body never begins', async () => {
    const { upload } = sending();
    const outcome = codeOf(within(100)(hanging)(aRequest({ body: upload })));
    await pass(100);
    expect(await outcome).toBe('GW_DEADLINE_EXCEEDED');
  });

  test('an answer ends it: the end of the body starts no timer again', async () => {
    const { upload, client } = sending({ idleMs: 100_000 });
    const early: Call = async () => {
      upload.open().resume();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return aResponse();
    };
    const outcome = within(100)(early)(aRequest({ body: upload }));
    await pass(200);
    await outcome;
    client.end();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
