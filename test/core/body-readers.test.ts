import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Body, HELD_BYTES } from '../../src/core/body.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { bytesOf, feed } from '../helpers/body.ts';
import { codeOf } from '../helpers/call.ts';

const cut = new GatewayError('GW_BODY_TRUNCATED', 'cut');

describe('bytes', () => {
  test.each([0, 1, 100])('may be as many as the cap: %i', async (length) => {
    expect(await Body.of(bytesOf(length)).bytes(length)).toHaveLength(length);
  });

  test('past the cap end the exchange as the upstream’s fault', async () => {
    const world = feed();
    const read = world.body.bytes(10);
    world.body.push(bytesOf(11));
    expect(await codeOf(read)).toBe('GW_UPSTREAM_INVALID');
    expect(world.aborted).toMatchObject({ code: 'GW_UPSTREAM_INVALID' });
  });

  test('past the cap are refused though the whole body is here already', async () => {
    expect(await codeOf(Body.of(bytesOf(11)).bytes(10))).toBe('GW_UPSTREAM_INVALID');
  });

  test('past the cap are refused chunk by chunk too', async () => {
    const { body } = feed();
    for (let i = 0; i < 5; i++) body.push(bytesOf(4));
    body.finish(undefined);
    expect(await codeOf(body.bytes(10))).toBe('GW_UPSTREAM_INVALID');
  });

  test('are the reader’s own: changing them changes no other', async () => {
    const chunk = Buffer.from('abc');
    const { body } = feed();
    body.push(chunk);
    body.finish(undefined);
    (await body.bytes(10)).write('xyz');
    expect(chunk.toString()).toBe('abc');
  });
});

describe('json', () => {
  test('is read under the cap', async () => {
    expect(await Body.of('{"a":[1,2]}').json(100)).toEqual({ a: [1, 2] });
    expect(await codeOf(Body.of('{"a":[1,2]}').json(10))).toBe('GW_UPSTREAM_INVALID');
  });

  test('loses keys that could reach a prototype', async () => {
    const value = await Body.of('{"__proto__":{"admin":true}}').json(100);
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each(['', '<html>', '{"a":'])('%j is not', async (text) => {
    expect(await codeOf(Body.of(text).json(100))).toBe('GW_UPSTREAM_INVALID');
  });
});

describe('a stream', () => {
  test('gives the body', async () => {
    const { body } = feed();
    body.push(Buffer.from('one '));
    const stream = body.stream().setEncoding('utf8');
    body.push(Buffer.from('two'));
    body.finish(undefined);
    expect((await stream.toArray()).join('')).toBe('one two');
  });

  test('pauses the upstream where its reader is slow, and lets it go on when it reads', async () => {
    const world = feed();
    const stream = world.body.stream();
    world.body.push(bytesOf(stream.readableHighWaterMark));
    expect(world.isPaused).toBe(true);
    expect(stream.read()).toHaveLength(stream.readableHighWaterMark);
    await Promise.resolve();
    expect(world.isPaused).toBe(false);
  });

  test('ends the exchange when its reader stops', async () => {
    const world = feed();
    const stream = world.body.stream();
    stream.destroy();
    await once(stream, 'close');
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('ends the exchange with the error of its reader', async () => {
    const world = feed();
    const stream = world.body.stream();
    const error = new Error('the transform broke');
    stream.destroy(error);
    await expect(once(stream, 'close')).rejects.toBe(error);
    expect(world.aborted).toBe(error);
  });

  test('fails where the body does', async () => {
    const { body } = feed();
    const stream = body.stream();
    body.fail(cut);
    await expect(stream.toArray()).rejects.toBe(cut);
  });

  test('that was read to its end ends nothing', async () => {
    const world = feed();
    const stream = world.body.stream();
    world.body.finish(undefined);
    await stream.toArray();
    expect(world.aborted).toBeUndefined();
  });

  test('of a body past 64 KiB loses no byte', async () => {
    let left = 20;
    const world = feed((body) => {
      while (left > 0 && !world.isPaused) {
        left -= 1;
        body.push(bytesOf(HELD_BYTES / 2));
      }
      if (left === 0) body.finish(undefined);
    });
    world.body.push(bytesOf(HELD_BYTES));
    const chunks = (await world.body.stream().toArray()) as Buffer[];
    expect(Buffer.concat(chunks)).toHaveLength(11 * HELD_BYTES);
  });
});
