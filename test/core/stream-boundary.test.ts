import { describe, expect, test } from 'vitest';
import { boundaryOf } from '../../src/core/stream-boundary.ts';
import { isStream, streamKind } from '../../src/core/stream-type.ts';
import { framed } from '../helpers/grpc.ts';

describe('the kind of an answer', () => {
  test.each([
    ['text/event-stream', 'sse'],
    ['Text/Event-Stream ; charset=utf-8', 'sse'],
    ['application/x-ndjson', 'ndjson'],
    ['application/ndjson; charset=utf-8', 'ndjson'],
    ['application/jsonl', 'ndjson'],
    ['application/grpc', 'grpc'],
    ['application/grpc+proto', 'grpc'],
    ['application/grpc-web-text+proto', 'grpc'],
  ])('of %s is %s', (type, kind) => {
    expect(streamKind(type)).toBe(kind);
    expect(isStream(type)).toBe(true);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json-seq',
    'application/jsonlines',
    'application/grpcx',
    'application/x-www-form-urlencoded',
    'application/xml',
    'text/event-streams',
    'text/html; charset=utf-8',
    'text/event-stream2; a=b',
    ' text/event-stream',
    'x text/event-stream',
    '',
    undefined,
    ['text/event-stream', 'text/html'],
  ])('of %s is none', (type) => {
    expect(isStream(type)).toBe(false);
  });
});

/** Fed byte by byte, and in one piece. */
function both(kind: 'sse' | 'ndjson' | 'grpc', bytes: Buffer | string) {
  const whole = boundaryOf(kind, false);
  const split = boundaryOf(kind, false);
  whole.read(Buffer.from(bytes as string));
  for (const byte of Buffer.from(bytes as string)) split.read(Buffer.of(byte));
  expect({ events: split.events, isBetween: split.isBetween }).toEqual({
    events: whole.events,
    isBetween: whole.isBetween,
  });
  return whole;
}

describe('between events of an event stream', () => {
  test.each([
    ['data: 1\n\n', 1],
    ['data: 1\r\n\r\n', 1],
    ['data: 1\r\r', 1],
    ['data: 1\r\n\r', 1],
    ['data: 1\n\r\n', 1],
    ['data: 1\r\n\n', 1],
    [': ping\n\ndata: 2\n\n\n\n', 2],
    ['\n\n\r\n', 0],
    ['', 0],
  ])('is after %j', (text, events) => {
    expect(both('sse', text)).toMatchObject({ events, isBetween: true });
  });

  test.each(['data: 1', 'data: 1\n', 'data: 1\r\n', 'data: 1\r', 'data: 1\n\nd', '\uFEFF'])(
    'is not after %j',
    (text) => {
      expect(both('sse', text).isBetween).toBe(false);
    },
  );
});

describe('between lines of NDJSON', () => {
  test('is after each line feed', () => {
    expect(both('ndjson', '{"a":1}\n{"a":2}\r\n')).toMatchObject({ events: 2, isBetween: true });
    expect(both('ndjson', '{"a":1}\n{"a":')).toMatchObject({ events: 1, isBetween: false });
    expect(both('ndjson', '{"a":1}\r').isBetween).toBe(false);
  });
});

describe('between messages of gRPC', () => {
  test('is after as many bytes as each says', () => {
    const two = Buffer.concat([framed('hello'), framed('')]);
    expect(both('grpc', two)).toMatchObject({ events: 2, isBetween: true });
    expect(both('grpc', two.subarray(0, 10))).toMatchObject({ events: 1, isBetween: true });
    for (const cut of [1, 4, 5, 9, 11, 14]) {
      expect(both('grpc', two.subarray(0, cut)).isBetween).toBe(false);
    }
  });

  test('is found in lengths of four bytes', () => {
    const long = Buffer.alloc(5 + 70_000);
    long.writeUInt32BE(70_000, 1);
    expect(both('grpc', long)).toMatchObject({ events: 1, isBetween: true });
  });
});

describe('the end of the first event', () => {
  test.each([
    ['sse', 'ata: 1\r\n\r\nrest', 9],
    ['sse', 'ata: 1\n', -1],
    ['ndjson', '":1}\n{"b":2}\n', 5],
    ['ndjson', '":1}', -1],
  ] as const)('in the rest of %s %j is at %i', (kind, rest, at) => {
    const boundary = boundaryOf(kind, false);
    boundary.read(Buffer.from('d'));
    expect(boundary.readToEnd(Buffer.from(rest))).toBe(at);
  });

  test('of gRPC is found across pieces', () => {
    const bytes = Buffer.concat([framed('hello'), framed('you')]);
    const boundary = boundaryOf('grpc', false);
    boundary.read(bytes.subarray(0, 3));
    expect(boundary.readToEnd(bytes.subarray(3, 6))).toBe(-1);
    expect(boundary.readToEnd(bytes.subarray(6))).toBe(4);
  });

  test('of what is encoded is anywhere', () => {
    const boundary = boundaryOf('sse', true);
    boundary.read(Buffer.from([0x1f, 0x8b]));
    expect(boundary.isBetween).toBe(true);
  });
});
