import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import type { Call, UpstreamRequest } from '../../src/core/call.ts';
import { bulkhead } from '../../src/policies/bulkhead.ts';
import type { GivenUp } from '../../src/policies/slot.ts';
import type { Sink } from '../../src/core/sink.ts';
import { bytesOf, feed, type Feed } from '../helpers/body.ts';
import { aRequest, around, aResponse, codeOf, slotsOf } from '../helpers/call.ts';
import { pass, useFakeTime, watch } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';

useFakeTime();

interface World {
  readonly call: Call;
  readonly given: GivenUp[];
  readonly feeds: Feed[];
  readonly ended: string[];
  used(): number;
}

/** Four slots, and an upstream that reads the body and answers with one that stays open. */
function world({ concurrency = 4, queue = 2, answers = true } = {}): World {
  const given: GivenUp[] = [];
  const feeds: Feed[] = [];
  const ended: string[] = [];
  const onGivenUp = (one: GivenUp): void => void given.push(one);
  const slots = slotsOf({ concurrency, queue, onGivenUp });
  const call = around(bulkhead(slots, clock))(({ id, body, signal }) => {
    if (body !== undefined && 'open' in body) body.open().resume();
    const { promise, reject, resolve } = Promise.withResolvers<ReturnType<typeof aResponse>>();
    const one = feed();
    feeds.push(one);
    signal.listen({
      onCancel: (reason) => {
        ended.push(id);
        one.body.fail(reason);
        reject(reason);
      },
    });
    if (answers) resolve(aResponse({ body: one.body }));
    return promise;
  });
  return { call, given, feeds, ended, used: () => slots.used };
}

/** A request whose body is due; `write` sends some of it. */
function uploading(
  id: string,
  isConversation = false,
): { request: UpstreamRequest; write(n: number): void } {
  const { upload, client } = sending({ isConversation });
  return {
    request: aRequest({ id, method: 'POST', body: upload }),
    write: (length) => void client.write(bytesOf(length)),
  };
}

/** The client stops reading, so the body waits for its reader. */
async function stalled(call: Call, id: string, { feeds }: World): Promise<void> {
  const { body } = await call(aRequest({ id }));
  read(body, () => false);
  feeds.at(-1)!.body.push(bytesOf(1));
}

function read(body: Feed['body'], chunk: Sink['chunk']): void {
  const stream = body.stream();
  stream.on('error', () => undefined);
  stream.push = chunk;
}

describe('while a call waits for a slot', () => {
  test.each(['upload', 'reader'])('a client behind with its %s gives way', async (side) => {
    const all = world({ answers: side === 'reader' });
    for (const id of ['a', 'b', 'c']) {
      if (side === 'reader') await stalled(all.call, id, all);
      else void codeOf(all.call(uploading(id).request));
      await pass(10);
    }
    void codeOf(all.call(aRequest({ id: 'honest' })));
    await pass(600);
    expect(all.given).toEqual([]);

    const next = watch(all.call(aRequest({ id: 'next' })));
    await pass(0);

    expect(all.ended).toEqual(['a']);
    expect(all.given).toMatchObject([{ side, request: { id: 'a' } }]);
    expect(all.used()).toBe(4);
    expect(next.state).toBe(side === 'reader' ? 'fulfilled' : 'pending');
  });

  test('nobody gives way before 500 ms', async () => {
    const all = world({ answers: false });
    for (const id of ['a', 'b', 'c', 'd']) void codeOf(all.call(uploading(id).request));
    await pass(100);
    void codeOf(all.call(aRequest({ id: 'next' })));
    await pass(390);
    expect(all.given).toEqual([]);
    await pass(110);
    expect(all.ended).toEqual(['a']);
  });

  test('nobody does while half of the slots or fewer belong to slow clients', async () => {
    const all = world({ answers: false });
    for (const id of ['a', 'b']) void codeOf(all.call(uploading(id).request));
    for (const id of ['c', 'd']) void codeOf(all.call(aRequest({ id })));
    await pass(1_000);
    expect(await codeOf(Promise.race([all.call(aRequest()), pass(1_500)]))).toBe(
      'GW_BULKHEAD_FULL',
    );
    expect(all.given).toEqual([]);
  });

  test('an exchange that waits for its upstream never does, however long it takes', async () => {
    const all = world();
    // Answers that are read as they arrive, like events.
    for (const id of ['a', 'b', 'c', 'd'])
      read((await all.call(aRequest({ id }))).body, () => true);
    await pass(60_000);
    const next = codeOf(all.call(aRequest()));
    await pass(1_500);
    expect(await next).toBe('GW_BULKHEAD_FULL');
    expect(all.given).toEqual([]);
  });

  test('a byte now and then does not help', async () => {
    const all = world({ concurrency: 1, answers: false });
    const slow = uploading('slow');
    void codeOf(all.call(slow.request));
    for (let i = 0; i < 8; i++) {
      await pass(100);
      slow.write(1);
    }
    await pass(0);
    void codeOf(all.call(aRequest({ id: 'next' })));
    await pass(0);
    expect(all.ended).toEqual(['slow']);
  });

  test('a steady 16 KiB per second is never behind', async () => {
    const all = world({ concurrency: 1, answers: false });
    const steady = uploading('steady');
    void codeOf(all.call(steady.request));
    for (let i = 0; i < 20; i++) {
      await pass(100);
      steady.write(1_700);
    }
    await pass(0);
    void codeOf(all.call(aRequest()));
    await pass(100);
    expect(all.given).toEqual([]);
  });

  test('as many give way as calls wait, and their clients learn why', async () => {
    const all = world({ concurrency: 3, answers: false });
    const outcomes = ['a', 'b', 'c'].map((id) => codeOf(all.call(uploading(id).request)));
    await pass(400);
    for (const id of ['x', 'y']) void codeOf(all.call(aRequest({ id })));
    await pass(200);
    expect(all.ended).toEqual(['a', 'b']);
    expect(await Promise.all(outcomes.slice(0, 2))).toEqual([
      'GW_REQUEST_TIMEOUT',
      'GW_REQUEST_TIMEOUT',
    ]);
  });

  test('clients give way without a queue too', async () => {
    const all = world({ concurrency: 1, queue: 0 });
    await stalled(all.call, 'slow', all);
    await pass(500);
    expect(await codeOf(all.call(aRequest()))).toBe('fulfilled');
  });
});

describe('a conversation', () => {
  test('may pause once its answer has begun', async () => {
    const all = world({ concurrency: 1 });
    read((await all.call(uploading('talk', true).request)).body, () => true);
    await pass(60_000);
    expect(await codeOf(Promise.race([all.call(aRequest()), pass(1_500)]))).toBe(
      'GW_BULKHEAD_FULL',
    );
  });

  test('gives way before that, if nobody else would', async () => {
    const all = world({ answers: false });
    for (const id of ['talk', 'talk 2', 'talk 3']) {
      void codeOf(all.call(uploading(id, true).request));
    }
    await pass(1_000);
    void codeOf(all.call(uploading('slow').request));
    await pass(600);
    for (const id of ['x', 'y']) void codeOf(all.call(aRequest({ id })));
    await pass(0);
    expect(all.ended).toEqual(['slow', 'talk']);
  });
});
