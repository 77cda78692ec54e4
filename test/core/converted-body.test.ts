import { describe, expect, test } from 'vitest';
import { type Conversion, convertBody } from '../../src/core/converted-body.ts';
import type { Sink } from '../../src/core/sink.ts';
import { bytesOf, feed } from '../helpers/body.ts';

/** Each chunk in capitals; nothing of a chunk `drop`; then what the trailers are. */
const conversion: Conversion = {
  chunk(bytes) {
    const text = Buffer.from(bytes).toString();
    return Buffer.from(text === 'drop' ? '' : text.toUpperCase());
  },
  end: (trailers) => Buffer.from(JSON.stringify(trailers ?? null)),
};

const raise = (message: string): never => {
  throw new Error(message);
};

/** A reader that wants no more after `wanted` chunks. */
function reader(wanted = Number.POSITIVE_INFINITY) {
  const read: string[] = [];
  const sink: Sink = {
    chunk: (bytes) => read.push(Buffer.from(bytes).toString()) < wanted,
    end: (trailers) => void read.push(`end ${JSON.stringify(trailers)}`),
    fail: ({ message }) => void read.push(`failed: ${message}`),
  };
  return { read, sink };
}

describe('a converted body', () => {
  test('gives each chunk as it comes, and its end in place of the trailers', () => {
    const { body } = feed();
    const { read, sink } = reader();
    convertBody(body, conversion).readInto(sink);
    body.push(Buffer.from('one'));
    expect(read).toEqual(['ONE']);
    body.push(Buffer.from('drop'));
    body.finish({ status: '0' });
    expect(read).toEqual(['ONE', '{"status":"0"}', 'end undefined']);
  });

  test('is whole in memory where the other is', async () => {
    const { body } = feed();
    body.push(Buffer.from('one'));
    body.finish(undefined);
    const converted = convertBody(body, conversion);
    expect(converted.isClosed).toBe(true);
    expect((await converted.bytes(100)).toString()).toBe('ONEnull');
  });

  test('breaks where the other breaks', () => {
    const { body } = feed();
    const { read, sink } = reader();
    convertBody(body, conversion).readInto(sink);
    body.fail(new Error('cut'));
    expect(read).toEqual(['failed: cut']);
  });

  test('breaks where the conversion fails, which ends the exchange of the other', () => {
    const { body, told } = feed();
    const { read, sink } = reader();
    const failing = { ...conversion, chunk: () => raise('no such bytes') };
    convertBody(body, failing).readInto(sink);
    body.push(Buffer.from('one'));
    expect([read, told.at(-1)]).toEqual([['failed: no such bytes'], 'abort']);
  });

  test('breaks where its end cannot be made', () => {
    const { body } = feed();
    const { read, sink } = reader();
    convertBody(body, { ...conversion, end: () => raise('cut short') }).readInto(sink);
    body.push(Buffer.from('one'));
    body.finish(undefined);
    expect(read).toEqual(['ONE', 'failed: cut short']);
  });

  test('pauses the other while its reader is behind, or is not there yet', () => {
    const unread = feed();
    convertBody(unread.body, conversion);
    unread.body.push(bytesOf(65_537));
    expect(unread.isPaused).toBe(true);

    const slow = feed();
    const { sink } = reader(1);
    const converted = convertBody(slow.body, conversion);
    converted.readInto(sink);
    slow.body.push(Buffer.from('one'));
    expect(slow.isPaused).toBe(true);
    converted.resume();
    expect(slow.isPaused).toBe(false);
  });

  test('ends the exchange of the other when it is destroyed', () => {
    const { body, told } = feed();
    const converted = convertBody(body, conversion);
    converted.destroy(new Error('left'));
    expect([told.at(-1), body.error?.message]).toEqual(['abort', 'left']);
  });
});
