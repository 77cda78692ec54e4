import { describe, expect, test } from 'vitest';
import { HELD_BYTES } from '../../src/core/body.ts';
import { systemClock } from '../../src/core/clock.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { tee } from '../../src/core/tee.ts';
import { bytesOf, feed } from '../helpers/body.ts';

const cut = new GatewayError('GW_BODY_TRUNCATED', 'cut');

/** A body that is read twice, and what was seen of it. */
function teed(onResume?: Parameters<typeof feed>[0]) {
  const world = feed(onResume);
  const seen: number[] = [];
  return { world, seen, begin: () => tee(world.body, systemClock, (c) => seen.push(c.length)) };
}

describe('a body that is copied on its way', () => {
  test('gives its reader all of it in order, from before and after, and its trailers', async () => {
    const { world, seen, begin } = teed();
    world.body.push(Buffer.from('one '));
    const body = begin();
    world.body.push(Buffer.from('two'));
    world.body.finish({ 'grpc-status': '0' });
    expect((await body.bytes(100)).toString()).toBe('one two');
    expect(body.trailers).toEqual({ 'grpc-status': '0' });
    expect(seen).toEqual([4, 3]);
  });

  test('is there whole at once where the first one was: nothing waits', () => {
    const { world, begin } = teed();
    world.body.push(Buffer.from('all'));
    world.body.finish(undefined);
    expect(begin()).toMatchObject({ isClosed: true, error: undefined, received: 3 });
  });

  test('pauses its upstream while its reader is slow, and lets it go on with it', () => {
    const { world, begin } = teed();
    const body = begin();
    world.body.push(bytesOf(HELD_BYTES + 1));
    expect(world.isPaused).toBe(true);
    const got: number[] = [];
    body.readInto({ chunk: (c) => got.push(c.length) < 2, end() {}, fail() {} });
    expect(world.isPaused).toBe(false);
    world.body.push(bytesOf(5));
    expect(world.isPaused).toBe(true);
    expect(world.body.readerLagMs(performance.now() + 1_000)).toBeGreaterThan(900);
    body.resume();
    expect(world.isPaused).toBe(false);
    expect(got).toEqual([HELD_BYTES + 1, 5]);
  });

  test('ends the exchange when its reader does, and breaks when the exchange does', async () => {
    const left = teed();
    left.begin().destroy();
    expect(left.world.aborted).toBeInstanceOf(GatewayError);
    const broken = teed();
    const read = broken.begin().bytes(100);
    broken.world.body.push(bytesOf(1));
    broken.world.body.fail(cut);
    await expect(read).rejects.toBe(cut);
  });

  test('of a body that was broken already is broken, too', () => {
    const { world, begin } = teed();
    world.body.fail(cut);
    expect(begin().error).toBe(cut);
  });
});
