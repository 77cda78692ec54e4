import { describe, expect, test, vi } from 'vitest';
import { Body, HELD_BYTES } from '../../src/core/body.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { bytesOf, feed } from '../helpers/body.ts';
import { codeOf } from '../helpers/call.ts';

const cut = new GatewayError('GW_BODY_TRUNCATED', 'cut');

describe('a body', () => {
  test('holds what comes before its reader, and gives it in order', async () => {
    const { body } = feed();
    body.push(Buffer.from('one '));
    body.push(Buffer.from('two '));
    const read = body.bytes(100);
    body.push(Buffer.from('three'));
    body.finish(undefined);
    expect((await read).toString()).toBe('one two three');
  });

  test('pauses its upstream past 64 KiB without a reader, and only once', () => {
    const { body, told } = feed();
    body.push(bytesOf(HELD_BYTES));
    expect(told).toEqual([]);
    body.push(bytesOf(1));
    expect(told).toEqual(['pause']);
    body.push(bytesOf(1));
    expect(told).toEqual(['pause']);
  });

  test('lets a paused upstream go on when a reader comes', async () => {
    const world = feed();
    world.body.push(bytesOf(HELD_BYTES + 1));
    expect(world.isPaused).toBe(true);
    const read = world.body.bytes(HELD_BYTES * 2);
    expect(world.isPaused).toBe(false);
    world.body.push(bytesOf(10));
    world.body.finish(undefined);
    expect(await read).toHaveLength(HELD_BYTES + 11);
  });

  test('waits for the next chunk from the moment a reader comes, not before', () => {
    const { body, told } = feed();
    body.push(bytesOf(1));
    expect(told).toEqual([]);
    void body.bytes(100);
    expect(told).toEqual(['awaited']);
  });

  test('does not wait for its upstream while it is paused again at once', () => {
    const world = feed((body) => body.push(bytesOf(HELD_BYTES)));
    const stream = world.body.stream();
    world.body.push(bytesOf(HELD_BYTES));
    expect(world.isPaused).toBe(true);

    stream.read();

    expect(world.isPaused).toBe(true);
    expect(world.told.at(-1)).toBe('pause');
  });

  test.each(['bytes', 'json', 'dump'] as const)(
    'can be read once: %s after bytes',
    async (verb) => {
      const body = Body.of('{}');
      await body.bytes(100);
      await expect(body[verb](100)).rejects.toThrow(TypeError);
      expect(() => body.stream()).toThrow(TypeError);
    },
  );

  test('cannot be read once it was destroyed', async () => {
    const { body } = feed();
    body.destroy();
    await expect(body.bytes(100)).rejects.toThrow(TypeError);
  });

  test('counts what it has received', () => {
    const { body } = feed();
    body.push(bytesOf(3));
    body.push(bytesOf(4));
    expect(body.received).toBe(7);
  });
});

describe('a body that ends', () => {
  test('tells who asked to know, once, and who asks later at once', () => {
    const { body } = feed();
    const told = vi.fn<(error: Error | undefined) => void>();
    body.onClose(told);
    expect(body.isClosed).toBe(false);

    body.finish(undefined);
    body.fail(cut);
    body.onClose(told);

    expect(told.mock.calls).toEqual([[undefined], [undefined]]);
    expect(body.isClosed).toBe(true);
  });

  test('tells of the failure that ended it', () => {
    const { body } = feed();
    const told = vi.fn<(error: Error | undefined) => void>();
    body.onClose(told);
    body.fail(cut);
    body.finish(undefined);
    expect(told.mock.calls).toEqual([[cut]]);
  });

  test('takes no more bytes', () => {
    const { body } = feed();
    body.finish(undefined);
    body.push(bytesOf(1));
    expect(body.received).toBe(0);
  });

  test('fails its reader when it is cut short, held bytes or not', async () => {
    const early = feed().body;
    early.push(bytesOf(10));
    early.fail(cut);
    expect(await codeOf(early.bytes(100))).toBe('GW_BODY_TRUNCATED');

    const late = feed().body;
    const read = late.bytes(100);
    late.push(bytesOf(10));
    late.fail(cut);
    expect(await codeOf(read)).toBe('GW_BODY_TRUNCATED');
  });
});

describe('a body that is destroyed', () => {
  test('ends the exchange, and fails its reader with the reason', async () => {
    const world = feed();
    const read = world.body.bytes(100);
    world.body.destroy(cut);
    expect(world.aborted).toBe(cut);
    expect(await codeOf(read)).toBe('GW_BODY_TRUNCATED');
  });

  test('blames nobody where no reason is given', () => {
    const world = feed();
    world.body.destroy();
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('is left alone once it has ended', () => {
    const world = feed();
    world.body.finish(undefined);
    world.body.destroy();
    expect(world.told).toEqual([]);
  });
});

describe('a body that is dumped', () => {
  test('is read to its end, so that the connection can be used again', async () => {
    const world = feed();
    const dumped = world.body.dump();
    world.body.push(bytesOf(1_000));
    world.body.finish(undefined);
    await dumped;
    expect(world.aborted).toBeUndefined();
  });

  test('is dropped past the cap, 64 KiB where none is given', async () => {
    const world = feed();
    const dumped = world.body.dump();
    world.body.push(bytesOf(HELD_BYTES));
    expect(world.aborted).toBeUndefined();
    world.body.push(bytesOf(1));
    await dumped;
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('does not mind that it is cut', async () => {
    const world = feed();
    const dumped = world.body.dump();
    world.body.fail(cut);
    await expect(dumped).resolves.toBeUndefined();
  });
});
