import { describe, expect, test } from 'vitest';
import { holdBody } from '../../src/core/held-body.ts';
import { bytesOf, feed } from '../helpers/body.ts';

/** Has it settled? */
async function isReady(ready: Promise<unknown>): Promise<boolean> {
  const later = Symbol('later');
  return (await Promise.race([ready, new Promise((r) => setImmediate(r, later))])) !== later;
}

describe('a held body', () => {
  test('is ready when it has ended, and whole then', async () => {
    const { body } = feed();
    const { ready } = holdBody(body, 10);
    body.push(bytesOf(10));
    expect(await isReady(ready)).toBe(false);
    body.finish({ 'x-sum': '1' });
    const held = await ready;
    expect([held.isClosed, held.received, held.trailers]).toEqual([true, 10, { 'x-sum': '1' }]);
    expect(await held.bytes(10)).toEqual(bytesOf(10));
  });

  test('is ready when more than the cap has come, and gives the rest as it comes', async () => {
    const { body } = feed();
    const { ready } = holdBody(body, 10);
    body.push(bytesOf(11));
    const held = await ready;
    expect(held.isClosed).toBe(false);
    const rest = held.bytes(100);
    body.push(bytesOf(5));
    body.finish(undefined);
    expect(await rest).toEqual(bytesOf(16));
  });

  test('is ready when it is released', async () => {
    const { body } = feed();
    const held = holdBody(body, 10);
    body.push(bytesOf(1));
    held.release();
    held.release();
    const { isClosed, received } = await held.ready;
    expect([isClosed, received]).toEqual([false, 1]);
  });

  test('takes more than bodies hold without a reader, and pauses once it is released', async () => {
    const upstream = feed();
    const { ready } = holdBody(upstream.body, 1_000_000);
    for (let i = 0; i < 15; i++) upstream.body.push(bytesOf(65_536));
    expect(upstream.isPaused).toBe(false);
    upstream.body.push(bytesOf(65_536));
    upstream.body.push(bytesOf(1));
    expect(upstream.isPaused).toBe(true);

    const rest = (await ready).bytes(2_000_000);
    expect(upstream.isPaused).toBe(false);
    upstream.body.finish(undefined);
    expect((await rest).length).toBe(16 * 65_536 + 1);
  });

  test('tells each chunk until it is released', async () => {
    const { body } = feed();
    const seen: number[] = [];
    const { ready } = holdBody(body, 10, (bytes) => seen.push(bytes.length));
    for (const length of [4, 6, 1, 7]) body.push(bytesOf(length));
    await ready;
    expect(seen).toEqual([4, 6, 1]);
  });

  test('rejects with what breaks it meanwhile', async () => {
    const { body } = feed();
    const { ready } = holdBody(body, 10);
    body.push(bytesOf(1));
    body.fail(new Error('cut'));
    await expect(ready).rejects.toThrow('cut');
  });

  test('breaks afterwards as the other does, and ends the other when it is ended', async () => {
    const broken = feed();
    const held = holdBody(broken.body, 0);
    broken.body.push(bytesOf(1));
    const rest = (await held.ready).bytes(10);
    broken.body.fail(new Error('cut'));
    await expect(rest).rejects.toThrow('cut');

    const unwanted = feed();
    const other = holdBody(unwanted.body, 0);
    unwanted.body.push(bytesOf(1));
    (await other.ready).destroy();
    expect(unwanted.aborted).toBeDefined();
  });
});
