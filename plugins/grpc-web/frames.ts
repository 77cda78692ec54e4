/**
 * The frames of gRPC-Web: a byte of flags, four of length, and a message or, with the highest bit set, the
 * trailers as HTTP/1.1 would write them (grpc/grpc, doc/PROTOCOL-WEB.md).
 */
import type { UpstreamResponse } from 'portico';

type Fields = UpstreamResponse['headers'];

const HEAD_BYTES = 5;
/** The lowest bit says that a message is compressed; the others mean nothing in gRPC. */
const MESSAGE_FLAGS = 1;
const TRAILERS = 0x80;

/** Checks that a body consists of whole messages, without holding any. */
export class MessageCheck {
  /** Of the head that is being read. */
  #headBytes = 0;
  #length = 0;
  /** What is still to come of a message. */
  #due = 0;

  /** @throws {RangeError} for what cannot be a message */
  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#due > 0) {
        const taken = Math.min(this.#due, bytes.length - at);
        this.#due -= taken;
        at += taken;
      } else this.#takeHead(bytes[at++]!);
    }
  }

  /** May another message begin, or the body end? */
  get isWhole(): boolean {
    return this.#due === 0 && this.#headBytes === 0;
  }

  /** @throws {RangeError} if a message is incomplete */
  end(): void {
    if (!this.isWhole) throw new RangeError('the last message is cut short');
  }

  #takeHead(byte: number): void {
    if (this.#headBytes === 0) {
      if (byte > MESSAGE_FLAGS)
        throw new RangeError(`a message cannot begin with the byte ${byte}`);
    } else this.#length = this.#length * 256 + byte;
    this.#headBytes += 1;
    if (this.#headBytes < HEAD_BYTES) return;
    this.#due = this.#length;
    this.#headBytes = 0;
    this.#length = 0;
  }
}

/** The frame that ends an answer. Names are in lower case already. */
export function trailersFrame(fields: Fields): Buffer {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  // As Node.js reads fields: a byte is a character.
  const text = Buffer.from(lines.join(''), 'latin1');
  const frame = Buffer.alloc(HEAD_BYTES + text.length);
  frame[0] = TRAILERS;
  frame.writeUInt32BE(text.length, 1);
  text.copy(frame, HEAD_BYTES);
  return frame;
}
