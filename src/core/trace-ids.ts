/**
 * Random ids of traces and spans. They are cut from long texts made in advance, because asking for 24 random bytes, and
 * for their digits, costs more than the rest of a request's trace.
 */
import { randomFillSync } from 'node:crypto';

/** As many pieces are made at once. */
const PIECES = 128;
const DIGITS = Buffer.from('0123456789abcdef');
const ZERO = DIGITS[0]!;
const EIGHT = DIGITS[8]!;
/** Two digits for each byte, to be written together: digit by digit took three times as long. */
const PAIRS = Uint16Array.from(
  { length: 256 },
  (_, byte) => (DIGITS[byte >> 4]! << 8) | DIGITS[byte & 15]!,
);

/** Where the digits of an id are; their number is even. */
interface Run {
  readonly at: number;
  readonly length: number;
}

/** Copies of a text in which each `x` is a random hexadecimal digit. */
class Pool {
  readonly #length: number;
  /** From one piece to the next: even, so that pairs of digits are where they are written. */
  readonly #stride: number;
  readonly #runs: readonly Run[];
  readonly #bytes: Buffer;
  readonly #pairs: Uint16Array;
  readonly #random: Buffer;
  #text = '';
  #used = 0;

  constructor(piece: string) {
    const runs = [...piece.matchAll(/x+/g)];
    this.#length = piece.length;
    this.#stride = piece.length + (piece.length % 2);
    this.#runs = runs.map(({ index: at, 0: { length } }) => ({ at, length }));
    const room = new ArrayBuffer(this.#stride * PIECES);
    this.#bytes = Buffer.from(room).fill(piece.padEnd(this.#stride));
    this.#pairs = new Uint16Array(room);
    const digits = this.#runs.reduce((sum, { length }) => sum + length, 0);
    this.#random = Buffer.alloc((digits / 2) * PIECES);
  }

  next(): string {
    if (this.#used === this.#text.length) this.#fill();
    const from = this.#used;
    this.#used += this.#stride;
    return this.#text.slice(from, from + this.#length);
  }

  #fill(): void {
    randomFillSync(this.#random);
    let read = 0;
    for (let piece = 0; piece < this.#bytes.length; piece += this.#stride) {
      for (const { at, length } of this.#runs) {
        this.#write(piece + at, length, read);
        read += length / 2;
      }
    }
    this.#text = this.#bytes.toString('latin1');
    this.#used = 0;
  }

  #write(at: number, length: number, from: number): void {
    const random = this.#random;
    const pairs = this.#pairs;
    let read = from;
    if (at % 2 === 1) {
      // No pair begins there: the digits of one byte are the first and the last one.
      const byte = random[read++]!;
      this.#bytes[at] = DIGITS[byte >> 4]!;
      this.#bytes[at + length - 1] = DIGITS[byte & 15]!;
    }
    const end = (at + length) >> 1;
    for (let pair = (at + 1) >> 1; pair < end; pair++) pairs[pair] = PAIRS[random[read++]!]!;
    // An id of nothing but 0 means that there is none.
    if (this.#bytes[at] === ZERO) this.#bytes[at] = EIGHT;
  }
}

export class TraceIds {
  readonly #traces = new Pool(`00-${'x'.repeat(32)}-${'x'.repeat(16)}-00`);
  readonly #spans = new Pool('x'.repeat(16));

  /** The `traceparent` of a new trace that is not sampled. */
  traceParent(): string {
    return this.#traces.next();
  }

  /** 16 hexadecimal digits. */
  spanId(): string {
    return this.#spans.next();
  }
}
