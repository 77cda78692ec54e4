import { describe, expect, test, vi } from 'vitest';
import { bytesOf } from '../helpers/body.ts';
import { manualClock } from '../helpers/clock.ts';
import { sending, settled } from '../helpers/upload.ts';

describe('an upload', () => {
  test('streams as it comes', async () => {
    const { upload, client } = sending();
    const attempt = upload.open().setEncoding('utf8');
    attempt.read(0);
    client.write('one ');
    await settled();
    expect(attempt.read()).toBe('one ');
    client.end('two');
    expect((await attempt.toArray()).join('')).toBe('two');
    expect(upload.isEnded).toBe(true);
    expect(upload.received).toBe(7);
  });

  test('tells the client to go on before its first byte is taken, and once', async () => {
    const world = sending();
    const attempt = world.upload.open();
    expect(world.continued).toBe(0);
    attempt.resume();
    await settled();
    expect(world.continued).toBe(1);
    attempt.destroy();
    world.upload.open().resume();
    await settled();
    expect(world.continued).toBe(1);
  });

  test('takes nothing from a client before an attempt wants it', async () => {
    const { upload, client } = sending();
    client.write('body');
    upload.open();
    await settled();
    expect(upload.received).toBe(0);
  });

  test('pauses the client while the upstream is slow', async () => {
    const { upload, client } = sending();
    const attempt = upload.open();
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    expect(client.isPaused()).toBe(true);
    attempt.resume();
    await settled();
    expect(client.isPaused()).toBe(false);
  });

  test('tells who waits for its end, and who asks later at once', async () => {
    const { upload, client } = sending();
    upload.open().resume();
    const told = vi.fn<() => void>();
    upload.onEnd(told);
    client.write('body');
    await settled();
    expect(told).not.toHaveBeenCalled();
    client.end();
    await settled();
    upload.onEnd(told);
    expect(told).toHaveBeenCalledTimes(2);
  });
});

describe('the limit', () => {
  test.each([1, 10])('holds for a body in chunks of %i', async (size) => {
    const { upload, client, faults } = sending({ limitBytes: 20 });
    upload.open().resume();
    for (let sent = 0; sent < 20; sent += size) client.write(bytesOf(size));
    await settled();
    expect(faults).toEqual([]);

    client.write(bytesOf(1));
    client.write(bytesOf(1));
    await settled();
    expect(faults.map(({ code }) => code)).toEqual(['GW_BODY_TOO_LARGE']);
  });

  test('stops the client at the byte that exceeds, and passes that one on to nobody', async () => {
    const { upload, client } = sending({ limitBytes: 10 });
    const attempt = upload.open();
    const chunks: Buffer[] = [];
    attempt.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.write(bytesOf(10));
    client.write(bytesOf(1));
    client.write(bytesOf(1));
    await settled();
    expect(Buffer.concat(chunks)).toHaveLength(10);
    expect(client.isPaused()).toBe(true);
    expect(upload.isReplayable).toBe(false);
  });
});

describe('a client that stalls', () => {
  test('is a 408 after `idle` without a byte, though we would take one', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, idleMs: 100 });
    upload.open().resume();
    await settled();
    clock.advance(99);
    client.write('x');
    await settled();
    clock.advance(99);
    expect(faults).toEqual([]);
    clock.advance(1);
    expect(faults.map(({ code }) => code)).toEqual(['GW_REQUEST_TIMEOUT']);
  });

  test('is not blamed while we hold it: the upstream is slow, or nobody reads', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, idleMs: 100 });
    const attempt = upload.open();
    clock.advance(1_000);
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    clock.advance(1_000);
    expect(faults).toEqual([]);
  });

  test('is not waited for once everything is here', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, idleMs: 100 });
    upload.open().resume();
    client.end('body');
    await settled();
    clock.advance(1_000);
    expect(faults).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('leaves no timer behind when it goes', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock });
    upload.open().resume();
    client.write('half');
    await settled();
    client.destroy();
    await settled();
    expect(clock.pending).toBe(0);
    expect(upload.isFlowing).toBe(false);
    expect(faults).toEqual([]);
  });
});

describe('an upstream that stalls', () => {
  test('is a 504 after `stall` without taking a byte, though there are some', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, stallMs: 100 });
    const attempt = upload.open();
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    clock.advance(99);
    expect(faults).toEqual([]);
    clock.advance(1);
    expect(faults.map(({ code }) => code)).toEqual(['GW_UPSTREAM_TIMEOUT']);
  });

  test('is not blamed for what it has taken', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock, stallMs: 100 });
    const attempt = upload.open();
    attempt.read(0);
    for (let i = 0; i < 5; i++) {
      client.write(bytesOf(attempt.readableHighWaterMark));
      await settled();
      clock.advance(99);
      attempt.read();
      await settled();
    }
    expect(faults).toEqual([]);
  });

  test('is not waited for once the attempt is over', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ clock });
    const attempt = upload.open();
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    attempt.destroy();
    expect(clock.pending).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe('an answer before the end of the upload', () => {
  test('has the rest dropped, so that the client can read it', async () => {
    const { upload, client } = sending();
    const attempt = upload.open();
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();

    upload.discard();
    attempt.destroy();
    client.end(bytesOf(200_000));
    await settled();

    expect(upload.isEnded).toBe(true);
    expect(upload.received).toBe(200_000 + attempt.readableHighWaterMark);
    expect(upload.isReplayable).toBe(false);
  });

  test('takes no more than the limit, which is no fault by then, nor is silence', async () => {
    const clock = manualClock();
    const { upload, client, faults } = sending({ limitBytes: 10, clock });
    upload.open().read(0);
    upload.discard();
    client.write(bytesOf(11));
    await settled();
    clock.advance(60_000);
    expect(client.isPaused()).toBe(true);
    expect(faults).toEqual([]);
  });

  test('does not ask for a body that has not begun', async () => {
    const world = sending();
    world.upload.discard();
    world.client.end('body');
    await settled();
    expect([world.upload.isEnded, world.continued]).toEqual([true, 0]);
  });
});
