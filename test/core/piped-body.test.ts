import { PassThrough, Transform } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { pipeBody } from '../../src/core/piped-body.ts';
import { bytesOf, feed } from '../helpers/body.ts';
import { eventually } from '../helpers/upstream.ts';

const capitals = (): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
  });

describe('a piped body', () => {
  test('is what the stream makes of the other, without its trailers', async () => {
    const { body } = feed();
    const piped = pipeBody(body, capitals());
    const all = piped.bytes(100);
    body.push(Buffer.from('one, '));
    body.push(Buffer.from('two'));
    body.finish({ 'x-sum': '1' });
    expect((await all).toString()).toBe('ONE, TWO');
    expect(piped.trailers).toBeUndefined();
  });

  test('tells of each chunk after the stream has it', () => {
    const { body } = feed();
    const order: string[] = [];
    const stream = new Transform({
      transform(_chunk, _encoding, done) {
        order.push('given');
        done();
      },
    });
    pipeBody(body, stream, () => order.push('told'));
    body.push(bytesOf(3));
    body.push(bytesOf(4));
    expect(order).toEqual(['given', 'told', 'given', 'told']);
  });

  test('pauses the other while nobody reads, and goes on', async () => {
    const upstream = feed();
    const piped = pipeBody(upstream.body, new PassThrough());
    for (let i = 0; !upstream.isPaused; i++) {
      expect(i).toBeLessThan(100);
      upstream.body.push(bytesOf(16_384));
      await new Promise(setImmediate);
    }
    const all = piped.bytes(10_000_000);
    await eventually(() => !upstream.isPaused);
    const { received } = upstream.body;
    upstream.body.finish(undefined);
    expect((await all).length).toBe(received);
  });

  test('breaks when the other breaks, and ends the stream', async () => {
    const { body } = feed();
    const stream = new PassThrough();
    const all = pipeBody(body, stream).bytes(100);
    body.fail(new Error('cut'));
    await expect(all).rejects.toThrow('cut');
    expect(stream.destroyed).toBe(true);
  });

  test('ends the other and the stream when it is ended', () => {
    const upstream = feed();
    const stream = new PassThrough();
    pipeBody(upstream.body, stream).destroy();
    expect(upstream.aborted).toBeDefined();
    expect(stream.destroyed).toBe(true);
  });

  test('ends the stream, too, if the other has ended by itself', () => {
    const { body } = feed();
    const stream = new PassThrough();
    const piped = pipeBody(body, stream);
    body.push(bytesOf(100_000));
    body.finish(undefined);
    piped.destroy();
    expect(stream.destroyed).toBe(true);
  });

  test('ends both when the stream fails', async () => {
    const upstream = feed();
    const failing = new Transform({
      transform: (_chunk, _encoding, done) => done(new Error('no')),
    });
    const all = pipeBody(upstream.body, failing).bytes(100);
    upstream.body.push(bytesOf(1));
    await expect(all).rejects.toThrow('no');
    expect(upstream.aborted?.message).toBe('no');
  });
});
