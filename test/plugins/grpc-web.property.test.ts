import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Base64Decoder } from '../../plugins/grpc-web/base64.ts';
import { MessageCheck } from '../../plugins/grpc-web/frames.ts';

/** `npm run fuzz` makes more runs. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_000) };

/** Cuts `bytes` after as many as `lengths` say, again and again. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const length = lengths[i % lengths.length]!;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

function decoded(text: string, chunks: readonly number[]): Buffer {
  const decoder = new Base64Decoder();
  const bytes = cut(Buffer.from(text, 'latin1'), chunks).map((chunk) => decoder.decode(chunk));
  decoder.end();
  return Buffer.concat(bytes);
}

test('base64 is read wherever it is padded, and wherever its chunks end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), lengths, lengths, (bytes, pieces, chunks) => {
      const text = cut(bytes, pieces)
        .map((piece) => Buffer.from(piece).toString('base64'))
        .join('');
      expect(decoded(text, chunks)).toEqual(Buffer.from(bytes));
    }),
    RUNS,
  );
});

test('what is read as base64 is base64, and nothing else', () => {
  const character = fc.constantFrom(...'AZaz09+/=-_ \n\0é'.split(''));
  const text = fc.array(character, { maxLength: 16 }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(text, lengths, (written, chunks) => {
      const isBase64 = /^([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/.test(written);
      if (isBase64) expect(() => decoded(written, chunks)).not.toThrow();
      else expect(() => decoded(written, chunks)).toThrow(RangeError);
    }),
    RUNS,
  );
});

test('whole messages pass the check wherever their chunks end, and pieces of one do not', () => {
  const message = fc.uint8Array({ maxLength: 40 }).map((content) => {
    const frame = Buffer.alloc(5 + content.length);
    frame[0] = content.length % 2;
    frame.writeUInt32BE(content.length, 1);
    frame.set(content, 5);
    return frame;
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), lengths, fc.nat(), (messages, chunks, at) => {
      const bytes = Buffer.concat(messages);
      const ends = new Set([0]);
      for (const { length } of messages) ends.add(Math.max(...ends) + length);
      const kept = bytes.length === 0 ? 0 : at % (bytes.length + 1);
      const check = new MessageCheck();
      for (const chunk of cut(bytes.subarray(0, kept), chunks)) check.take(chunk);
      expect(check.isWhole).toBe(ends.has(kept));
    }),
    RUNS,
  );
});
