import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import type { Call } from '../../src/core/call.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { attemptTimeout } from '../../src/policies/timeout.ts';
import { feed } from '../helpers/body.ts';
import {
  answering,
  aRequest,
  around,
  aResponse,
  codeOf,
  failure,
  hanging,
} from '../helpers/call.ts';
import { pass, useFakeTime, watch } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';

useFakeTime();
const within = (timeoutMs: number) => around(attemptTimeout({ timeoutMs, clock }));

describe('the timeout of an attempt', () => {
  test('ends it to the millisecond, with GW_UPSTREAM_TIMEOUT', async () => {
    const outcome = within(100)(hanging)(aRequest());
    const seen = watch(outcome);
    await pass(99);
    expect(seen.state).toBe('pending');
    await pass(1);
    expect(await codeOf(outcome)).toBe('GW_UPSTREAM_TIMEOUT');
  });

  test('ends the attempt, not the call: another may follow', async () => {
    const signal = new Cancellation();
    const outcome = codeOf(within(100)(hanging)(aRequest({ signal })));
    await pass(100);
    await outcome;
    expect(signal.reason).toBeUndefined();
  });

  test('never cuts a body that streams', async () => {
    const { body, told } = feed();
    const send = answering(aResponse({ body }));
    await within(100)(send)(aRequest());
    await pass(10_000);
    expect(told).toEqual([]);
    expect(send.requests[0]!.signal.reason).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves the attempt cancellable while its body streams', async () => {
    const signal = new Cancellation();
    const send = answering(aResponse({ body: feed().body }));
    await within(100)(send)(aRequest({ signal }));
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    expect(send.requests[0]!.signal.reason).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('leaves no timer behind a failure', async () => {
    expect(await codeOf(within(100)(answering(failure('GW_UPSTREAM_RESET')))(aRequest()))).toBe(
      'GW_UPSTREAM_RESET',
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no listener on a client that stays for many calls', async () => {
    const signal = new Cancellation();
    const listen = vi.spyOn(signal, 'listen');
    for (let i = 0; i < 10; i++) await within(100)(answering(200))(aRequest({ signal }));
    expect(listen).not.toHaveBeenCalled();
  });
});

describe('with a request body', () => {
  test('it begins at the end of the body', async () => {
    const { upload, client } = sending({ idleMs: 100_000 });
    const seen = watch(within(100)(hanging)(aRequest({ body: upload })));
    upload.open().resume();
    await pass(5_000);
    expect(seen.state).toBe('pending');

    client.end('body');
    await pass(0);
    await pass(99);
    expect(seen.state).toBe('pending');
    await pass(1);
    expect(seen.state).toBe('rejected');
  });

  test('it begins at once for a replay, whose body is in memory', async () => {
    const { upload, client } = sending();
    upload.open().resume();
    client.end('body');
    await pass(0);
    const seen = watch(within(100)(hanging)(aRequest({ body: upload })));
    await pass(100);
    expect(seen.state).toBe('rejected');
  });

  test('it begins at once for bytes in memory', async () => {
    const seen = watch(within(100)(hanging)(aRequest({ body: Buffer.from('{}') })));
    await pass(100);
    expect(seen.state).toBe('rejected');
  });

  test('it does not begin if the head came before the end of the body', async () => {
    const { upload, client } = sending();
    const early: Call = async () => {
      upload.open().resume();
      return aResponse();
    };
    await within(100)(early)(aRequest({ body: upload }));
    client.end();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
