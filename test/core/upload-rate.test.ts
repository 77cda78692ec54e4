import { describe, expect, test } from 'vitest';
import { bytesOf } from '../helpers/body.ts';
import { manualClock } from '../helpers/clock.ts';
import { sending, settled } from '../helpers/upload.ts';

/** A body that is wanted; `pass` lets seconds go by with `bytes` at the end of each. */
async function wanted(minRate: number, isWanted = true) {
  const clock = manualClock();
  const { upload, client, faults } = sending({ clock, minRate, idleMs: 60_000, limitBytes: 1e9 });
  const attempt = upload.open();
  if (isWanted) attempt.resume();
  await settled();
  const pass = async (seconds: number, bytes: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1_000);
      client.write(bytesOf(bytes));
      await settled();
    }
  };
  return { clock, attempt, client, faults, pass };
}

describe('an upload', () => {
  test('that is too slow is 408 when the average falls below the least rate', async () => {
    const { clock, faults, pass } = await wanted(100);
    await pass(4, 10);
    clock.advance(999);
    expect(faults).toEqual([]);
    clock.advance(1);
    expect(faults).toMatchObject([
      { code: 'GW_REQUEST_TIMEOUT', message: 'the body came at less than 100 bytes a second' },
    ]);
  });

  test('is judged by its average: what came first counts on', async () => {
    const { clock, faults, pass } = await wanted(100);
    await pass(1, 2_000);
    clock.advance(18_000);
    expect(faults).toEqual([]);
    clock.advance(2_000);
    expect(faults).toHaveLength(1);
  });

  test('that keeps the least rate goes on for as long as it takes', async () => {
    const { faults, pass } = await wanted(100);
    await pass(300, 130);
    expect(faults).toEqual([]);
  });

  test('is not judged while the upstream takes nothing', async () => {
    const { clock, attempt, client, faults } = await wanted(100, false);
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    clock.advance(20_000);
    expect(faults).toEqual([]);
  });

  test('is not judged where the rate is 0', async () => {
    const { faults, pass } = await wanted(0);
    await pass(50, 1);
    expect(faults).toEqual([]);
  });
});

describe('a conversation', () => {
  /** One whose client has said something, and is silent for a minute once it is `answered`, or not. */
  async function silent(isConversation: boolean, isAnswered: boolean) {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, isConversation, idleMs: 30_000 });
    upload.open().resume();
    client.write('hello');
    await settled();
    if (isAnswered) upload.forget();
    clock.advance(60_000);
    return { clock, client, faults };
  }

  test('may be silent for as long as it likes once it is answered, and again later', async () => {
    const { clock, client, faults } = await silent(true, true);
    expect(faults).toEqual([]);
    client.write('still here');
    await settled();
    clock.advance(60_000);
    expect(faults).toEqual([]);
  });

  test('may not before: nobody would know whether its client is still there', async () => {
    const { faults } = await silent(true, false);
    expect(faults).toMatchObject([{ code: 'GW_REQUEST_TIMEOUT' }]);
  });

  test('is alone in that: any other body is due, answered or not', async () => {
    const { faults } = await silent(false, true);
    expect(faults).toMatchObject([{ code: 'GW_REQUEST_TIMEOUT' }]);
  });
});
