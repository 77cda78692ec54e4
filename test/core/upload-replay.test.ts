import { describe, expect, test, vi } from 'vitest';
import { bytesOf } from '../helpers/body.ts';
import { manualClock } from '../helpers/clock.ts';
import { sending, settled } from '../helpers/upload.ts';

const textOf = async (attempt: NodeJS.ReadableStream): Promise<string> => {
  let text = '';
  for await (const chunk of attempt.setEncoding('latin1')) text += String(chunk);
  return text;
};

describe('another attempt', () => {
  test('sends a small body again from its first byte', async () => {
    const { upload, client } = sending();
    client.end('the body');
    expect(await textOf(upload.open())).toBe('the body');
    expect(await textOf(upload.open())).toBe('the body');
  });

  test('sends what was kept, then what still comes', async () => {
    const { upload, client } = sending();
    const first = upload.open();
    first.resume();
    client.write('one ');
    await settled();
    first.destroy();

    const second = textOf(upload.open());
    client.write('two ');
    await settled();
    client.end('three');

    expect(await second).toBe('one two three');
  });

  test('is possible up to what is kept, and not past it', async () => {
    const { upload, client } = sending({ keepBytes: 10 });
    upload.open().resume();
    client.write(bytesOf(10));
    await settled();
    expect(upload.isReplayable).toBe(true);
    client.write(bytesOf(1));
    await settled();
    expect(upload.isReplayable).toBe(false);
    expect(() => upload.open()).toThrow(TypeError);
  });

  test('keeps the order where its predecessor has not ended', async () => {
    const { upload, client } = sending();
    const first = upload.open();
    first.resume();
    client.write('one ');
    await settled();

    const second = upload.open();
    client.write('two');
    await settled();
    expect(upload.received).toBe(4);
    client.end();

    expect(await textOf(second)).toBe('one two');
  });

  test('keeps the order where it is slow to take what was kept', async () => {
    const chunk = 16_384;
    const { upload, client } = sending({ keepBytes: 40 * chunk });
    const first = upload.open();
    first.resume();
    for (let i = 0; i < 20; i++) client.write(bytesOf(chunk, 65 + i));
    await settled();
    first.destroy();

    const second = upload.open();
    second.read(0);
    client.end(bytesOf(chunk, 65 + 20));
    await settled();
    const text = await textOf(second);

    expect(text).toHaveLength(21 * chunk);
    expect(text.replaceAll(/(.)\1*/g, '$1')).toBe('ABCDEFGHIJKLMNOPQRSTU');
  });

  test('is whole though the client ends just as it begins', async () => {
    const { upload, client } = sending({ keepBytes: 1_000_000 });
    const first = upload.open();
    first.on('data', () => {
      if (upload.received < 320_000) return;
      first.destroy();
      second = upload.open();
      second.read(0);
    });
    let second = first;
    for (let i = 0; i < 20; i++) client.write(bytesOf(16_000));
    client.end();
    await settled();
    expect(upload.isEnded).toBe(true);
    expect(await textOf(second)).toHaveLength(320_000);
  });

  test('is not fed by a predecessor that wakes up late', async () => {
    const { upload, client } = sending();
    const first = upload.open();
    const second = upload.open();
    client.write('body');
    first.read(0);
    await settled();
    expect(upload.received).toBe(0);

    client.end();
    expect(await textOf(second)).toBe('body');
    expect(first.readableLength).toBe(0);
  });

  test('leaves the client waiting until it opens', async () => {
    const { upload, client } = sending();
    const first = upload.open();
    first.resume();
    await settled();
    first.destroy();
    client.write('more');
    await settled();
    expect(upload.received).toBe(0);
    expect(client.isPaused()).toBe(true);
  });

  test('ends though the client had sent everything between the two', async () => {
    const { upload, client } = sending();
    const first = upload.open();
    first.read(0);
    client.end('body');
    first.once('data', () => first.destroy());
    await settled();
    expect(await textOf(upload.open())).toBe('body');
  });
});

describe('the time a body is on its way', () => {
  test('begins with the first byte that is wanted and ends with the last that comes', async () => {
    const clock = manualClock();
    const { upload, client } = sending({ clock });
    clock.advance(10);
    const attempt = upload.open();
    expect(upload.isFlowing).toBe(false);
    attempt.resume();
    await settled();
    expect(upload.isFlowing).toBe(true);
    clock.advance(20);
    expect(upload.flowedMs()).toBe(20);
    client.end('body');
    await settled();
    clock.advance(40);
    expect(upload.flowedMs()).toBe(20);
    expect(upload.isFlowing).toBe(false);
  });

  test('goes on while the upstream is slow', async () => {
    const clock = manualClock();
    const { upload, client } = sending({ clock });
    const attempt = upload.open();
    attempt.read(0);
    client.write(bytesOf(attempt.readableHighWaterMark));
    await settled();
    clock.advance(20);
    expect(upload.flowedMs()).toBe(20);
  });

  test('stops between two attempts', async () => {
    const clock = manualClock();
    const { upload, client } = sending({ clock });
    const first = upload.open();
    first.resume();
    client.write('half');
    await settled();
    clock.advance(20);
    const rested = vi.fn<() => void>();
    upload.onRest(rested);

    first.destroy();
    expect(rested).toHaveBeenCalledTimes(1);
    clock.advance(1_000);
    expect(upload.flowedMs()).toBe(20);

    upload.open().resume();
    await settled();
    clock.advance(5);
    expect(upload.flowedMs()).toBe(25);
  });

  test('ends with a fault', async () => {
    const clock = manualClock();
    const { upload } = sending({ clock, idleMs: 100 });
    upload.open().resume();
    await settled();
    clock.advance(1_000);
    expect(upload.flowedMs()).toBe(100);
    expect(upload.isFlowing).toBe(false);
  });
});
