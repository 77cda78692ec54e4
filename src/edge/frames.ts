/**
 * Follows the frames of a WebSocket (RFC 6455 §5.2) in the bytes of one direction, without changing them:
 * payloads are skipped, not unmasked, not inflated and not judged.
 *
 * Bytes are passed on as they come, apart from two pieces: the header of a frame and a control frame are
 * held until they are whole. So whatever has been passed on ends between frames, or within a payload that
 * is known to go on. Only there can frames of our own go, or another end be told.
 */

export const OPCODE = { continuation: 0, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 §5.5; a longer control frame is not valid, and its receiver says so. */
const MAX_CONTROL_BYTES = 125;
const NOTHING = Buffer.alloc(0);
const FIN = 0x80;
const MASKED = 0x80;
const LENGTH = 0x7f;

export interface FrameListener {
  /** More bytes for the receiver, in order. */
  pass(bytes: Buffer): void;
  /** A whole control frame with its payload, unmasked. False keeps it from the receiver. */
  control(opcode: number, payload: Buffer): boolean;
  /** A message is longer than allowed. Nothing of the frame that exceeds it is passed on. */
  tooLong(): void;
  /** After `mute`: what has been passed on ends between frames, and nothing more will be. */
  muted(): void;
}

export class FrameReader {
  /** Messages whose last frame has begun. */
  messages = 0;
  readonly #maxPayloadBytes: number;
  readonly #listener: FrameListener;
  /** The beginning of a frame that is not passed on yet. */
  #held: Buffer | undefined;
  #payloadLeft = 0;
  #messageBytes = 0;
  #isMuting = false;
  #isMute = false;
  // The frame at hand.
  #opcode = 0;
  #isFinal = false;
  #headBytes = 0;
  #length = 0;

  constructor(maxPayloadBytes: number, listener: FrameListener) {
    this.#maxPayloadBytes = maxPayloadBytes;
    this.#listener = listener;
  }

  /** Has no frame been passed on in part? */
  get isBetweenFrames(): boolean {
    return this.#payloadLeft === 0 || this.#isMute;
  }

  /** Passes on nothing more, once the frame at hand is whole; control frames are still told. */
  mute(): void {
    if (this.#isMuting) return;
    this.#isMuting = true;
    if (this.#payloadLeft === 0) this.#goMute();
  }

  read(chunk: Buffer): void {
    const held = this.#held;
    const bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    this.#held = undefined;
    const end = this.#walk(bytes);
    if (end < bytes.length) this.#held = Buffer.from(bytes.subarray(end));
  }

  /** @returns where the frame begins that is held back; the length of `bytes` if there is none */
  #walk(bytes: Buffer): number {
    let passed = 0;
    let at = 0;
    const passTo = (end: number): void => {
      if (!this.#isMute && end > passed) this.#listener.pass(bytes.subarray(passed, end));
      passed = end;
    };
    for (;;) {
      const skipped = Math.min(this.#payloadLeft, bytes.length - at);
      this.#payloadLeft -= skipped;
      at += skipped;
      if (this.#payloadLeft === 0 && this.#isMuting && !this.#isMute) {
        passTo(at);
        this.#goMute();
      }
      if (at === bytes.length || !this.#readHead(bytes, at)) break;
      if (this.#isControl()) {
        const end = at + this.#headBytes + this.#length;
        if (end > bytes.length) break;
        const payload = unmasked(bytes, at + this.#headBytes, end, this.#maskAt(bytes, at));
        // First, because the listener may mute this reader.
        passTo(at);
        if (!this.#listener.control(this.#opcode, payload)) passed = end;
        at = end;
      } else {
        if (!this.#admit()) {
          passTo(at);
          this.#isMuting = true;
          this.#goMute();
          this.#listener.tooLong();
        }
        // Too long to be valid, and still its sender's last word.
        if (this.#opcode === OPCODE.close) this.#listener.control(OPCODE.close, NOTHING);
        at += this.#headBytes;
        this.#payloadLeft = this.#length;
      }
    }
    passTo(at);
    return at;
  }

  #goMute(): void {
    this.#isMute = true;
    this.#listener.muted();
  }

  /** Counts the message of the frame at hand. False if it is too long to be passed on. */
  #admit(): boolean {
    if (this.#isMute) return true;
    // A control frame that is too long belongs to no message.
    if (this.#opcode >= OPCODE.close) return this.#length <= this.#maxPayloadBytes;
    if (this.#opcode !== OPCODE.continuation) this.#messageBytes = 0;
    this.#messageBytes += this.#length;
    if (this.#messageBytes > this.#maxPayloadBytes) return false;
    if (this.#isFinal) {
      this.messages += 1;
      this.#messageBytes = 0;
    }
    return true;
  }

  #isControl(): boolean {
    return this.#opcode >= OPCODE.close && this.#length <= MAX_CONTROL_BYTES;
  }

  /** Reads the header at `at`; false if it is not whole. */
  #readHead(bytes: Buffer, at: number): boolean {
    if (bytes.length - at < 2) return false;
    const second = bytes[at + 1]!;
    const short = second & LENGTH;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const headBytes = 2 + lengthBytes + (second & MASKED ? 4 : 0);
    if (bytes.length - at < headBytes) return false;
    const first = bytes[at]!;
    this.#opcode = first & 0x0f;
    this.#isFinal = (first & FIN) !== 0;
    this.#headBytes = headBytes;
    if (lengthBytes === 0) this.#length = short;
    else if (lengthBytes === 2) this.#length = bytes.readUInt16BE(at + 2);
    // Past 2^53 it is not exact, but far longer than any limit.
    else this.#length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    return true;
  }

  /** Where the masking key of the frame at `at` is; `undefined` if it has none. */
  #maskAt(bytes: Buffer, at: number): number | undefined {
    return bytes[at + 1]! & MASKED ? at + this.#headBytes - 4 : undefined;
  }
}

/** A copy of the payload without its mask (RFC 6455 §5.3). */
function unmasked(bytes: Buffer, start: number, end: number, maskAt: number | undefined): Buffer {
  const payload = Buffer.from(bytes.subarray(start, end));
  if (maskAt === undefined) return payload;
  for (let i = 0; i < payload.length; i++) payload[i] = payload[i]! ^ bytes[maskAt + (i & 3)]!;
  return payload;
}
