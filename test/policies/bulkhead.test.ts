import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { bulkhead, type Slots } from '../../src/policies/bulkhead.ts';
import { feed } from '../helpers/body.ts';
import {
  answering,
  aRequest,
  around,
  aResponse,
  codeOf,
  failure,
  slotsOf,
} from '../helpers/call.ts';
import { pass, useFakeTime, watch } from '../helpers/time.ts';

useFakeTime();
const over = (slots: Slots) => around(bulkhead(slots, clock));

/** A call that answers with bodies that stay open, and these bodies. */
function streaming() {
  const bodies: ReturnType<typeof feed>[] = [];
  const send = answering(async () => {
    bodies.push(feed());
    return aResponse({ body: bodies.at(-1)!.body });
  });
  return { send, bodies };
}

describe('the bulkhead', () => {
  test('holds its slot until the body closes, not until the head arrives', async () => {
    const { send, bodies } = streaming();
    const slots = slotsOf({ concurrency: 1, queue: 0 });
    const call = over(slots)(send);

    await call(aRequest());
    expect(await codeOf(call(aRequest()))).toBe('GW_BULKHEAD_FULL');

    bodies[0]!.body.finish(undefined);
    await pass(0);
    await expect(call(aRequest())).resolves.toMatchObject({ status: 200 });
    expect(send.calls).toBe(2);
  });

  test.each([
    ['is cut', (world: ReturnType<typeof feed>) => world.body.fail(failure('GW_BODY_TRUNCATED'))],
    ['is destroyed', (world: ReturnType<typeof feed>) => world.body.destroy()],
  ])('frees it when the body %s', async (_how, end) => {
    const { send, bodies } = streaming();
    const slots = slotsOf({});
    await over(slots)(send)(aRequest());
    expect(slots.used).toBe(1);
    end(bodies[0]!);
    await pass(0);
    expect(slots.used).toBe(0);
  });

  test('frees it once, however often the body is ended', async () => {
    const { send, bodies } = streaming();
    const slots = slotsOf({ concurrency: 2 });
    const call = over(slots)(send);
    await call(aRequest());
    await call(aRequest());
    bodies[0]!.body.finish(undefined);
    bodies[0]!.body.destroy();
    await pass(0);
    expect(slots.used).toBe(1);
  });

  test('frees it when the call fails, at once for the next call', async () => {
    const slots = slotsOf({});
    const call = over(slots)(answering(failure('GW_UPSTREAM_RESET'), 200));
    expect(await codeOf(call(aRequest()))).toBe('GW_UPSTREAM_RESET');
    await expect(call(aRequest())).resolves.toMatchObject({ status: 200 });
  });

  test('has a free slot at once after a body has been read to its end', async () => {
    const { send, bodies } = streaming();
    const call = over(slotsOf({}))(send);
    const { body } = await call(aRequest());
    const read = body.bytes(100);
    bodies[0]!.body.finish(undefined);
    await read;
    await expect(call(aRequest())).resolves.toMatchObject({ status: 200 });
  });

  test('lets as many through as it has slots', async () => {
    const { send } = streaming();
    const slots = slotsOf({ concurrency: 3 });
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map(() => codeOf(over(slots)(send)(aRequest()))),
    );
    expect(outcomes.filter((code) => code === 'fulfilled')).toHaveLength(3);
    expect(slots.used).toBe(3);
  });

  test('tells refused calls when to retry', async () => {
    const { send } = streaming();
    const call = over(slotsOf({}))(send);
    await call(aRequest());
    await expect(call(aRequest())).rejects.toMatchObject({
      code: 'GW_BULKHEAD_FULL',
      options: { retryAfterMs: 1_000 },
    });
  });

  test('notes how long a call has waited, whether it got a slot or not', async () => {
    const { send, bodies } = streaming();
    const call = over(slotsOf({ queue: 2, waitMs: 100 }))(send);
    await call(aRequest());
    const granted = aRequest();
    const refused = aRequest();
    const outcomes = [codeOf(call(granted)), codeOf(call(refused))];
    await pass(40);
    bodies[0]!.body.finish(undefined);
    await pass(60);
    expect(await Promise.all(outcomes)).toEqual(['fulfilled', 'GW_BULKHEAD_FULL']);
    expect(granted.record.queuedMs).toBeCloseTo(40);
    expect(refused.record.queuedMs).toBeCloseTo(100);
  });
});

describe('the queue', () => {
  test('is served in order', async () => {
    const { send, bodies } = streaming();
    const call = over(slotsOf({ queue: 3 }))(send);
    await call(aRequest());
    const ids = ['first', 'second', 'third'];
    for (const id of ids) void call(aRequest({ id }));
    for (let i = 0; i < 3; i++) {
      bodies[i]!.body.finish(undefined);
      await pass(0);
    }
    expect(send.requests.slice(1).map(({ id }) => id)).toEqual(ids);
  });

  test('lets nobody jump it, not even at the moment a slot is freed', async () => {
    const { send, bodies } = streaming();
    const call = over(slotsOf({ queue: 3 }))(send);
    await call(aRequest());
    void call(aRequest({ id: 'waits' }));

    bodies[0]!.body.finish(undefined);
    void call(aRequest({ id: 'jumps' }));
    await Promise.resolve();
    const later = codeOf(call(aRequest({ id: 'jumps too' })));
    await pass(0);

    expect(send.requests.map(({ id }) => id)).toEqual(['test', 'waits']);
    bodies[1]!.body.finish(undefined);
    await pass(0);
    bodies[2]!.body.finish(undefined);
    await pass(0);
    expect(await later).toBe('fulfilled');
    expect(send.requests.map(({ id }) => id)).toEqual(['test', 'waits', 'jumps', 'jumps too']);
  });

  test('of 0 never waits', async () => {
    const { send } = streaming();
    const slots = slotsOf({ queue: 0 });
    await over(slots)(send)(aRequest());
    expect(await codeOf(over(slots)(send)(aRequest()))).toBe('GW_BULKHEAD_FULL');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is full refuses the next one at once', async () => {
    const { send } = streaming();
    const slots = slotsOf({ queue: 2 });
    const call = over(slots)(send);
    await call(aRequest());
    void codeOf(call(aRequest()));
    void codeOf(call(aRequest()));
    expect(await codeOf(call(aRequest()))).toBe('GW_BULKHEAD_FULL');
    expect(slots.queued).toBe(2);
  });

  test('lets each call wait no longer than its own time', async () => {
    const { send } = streaming();
    const call = over(slotsOf({ queue: 2, waitMs: 100 }))(send);
    await call(aRequest());
    const first = watch(call(aRequest()));
    await pass(60);
    const second = watch(call(aRequest()));
    await pass(40);
    expect([first.state, second.state]).toEqual(['rejected', 'pending']);
    await pass(60);
    expect(second.state).toBe('rejected');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('loses a cancelled call at once, and its place is free for another', async () => {
    const { send } = streaming();
    const slots = slotsOf({ queue: 1 });
    const call = over(slots)(send);
    await call(aRequest());
    const signal = new Cancellation();
    const gone = codeOf(call(aRequest({ signal })));
    expect(await codeOf(call(aRequest()))).toBe('GW_BULKHEAD_FULL');

    signal.cancel(failure('GW_CLIENT_CLOSED'));
    expect(slots.queued).toBe(0);
    expect(await gone).toBe('GW_CLIENT_CLOSED');
    void codeOf(call(aRequest()));
    expect(slots.queued).toBe(1);
  });

  test('leaves no listener on a client that stays', async () => {
    const { send, bodies } = streaming();
    const call = over(slotsOf({ queue: 1 }))(send);
    await call(aRequest());
    const signal = new Cancellation();
    const unlisten = vi.spyOn(signal, 'unlisten');
    void call(aRequest({ signal }));
    bodies[0]!.body.finish(undefined);
    await pass(0);
    expect(send.calls).toBe(2);
    expect(unlisten).toHaveBeenCalledTimes(1);
  });

  test('is not entered by a call that is already cancelled', async () => {
    const signal = new Cancellation();
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    const slots = slotsOf({ queue: 1 });
    expect(await codeOf(over(slots)(answering(200))(aRequest({ signal })))).toBe(
      'GW_CLIENT_CLOSED',
    );
    expect(slots.used).toBe(0);
  });

  test('that is emptied refuses every call with the reason', async () => {
    const { send } = streaming();
    const slots = slotsOf({ queue: 2 });
    const call = over(slots)(send);
    await call(aRequest());
    const waiting = [codeOf(call(aRequest())), codeOf(call(aRequest()))];
    slots.empty(() => failure('GW_CIRCUIT_OPEN'));
    expect(await Promise.all(waiting)).toEqual(['GW_CIRCUIT_OPEN', 'GW_CIRCUIT_OPEN']);
    expect(slots.queued).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
