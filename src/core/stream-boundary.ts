/**
 * Follows the bytes of a stream, keeps none of them, and knows where one event ends and the next begins: only
 * there may the gateway end a stream or add to it.
 */
import type { AnswerKind } from './stream-type.ts';

export interface Boundary {
  /** Events so far. */
  readonly events: number;
  /** Does the next byte begin an event? True before the first. */
  readonly isBetween: boolean;
  /** Follows all of `bytes`. */
  read(bytes: Uint8Array): void;
  /** Follows `bytes` up to the end of the first event that ends in them; returns the length of that, or -1. */
  readToEnd(bytes: Uint8Array): number;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Server-sent events: blocks of lines, each ended by an empty line; a line ends with CR, LF, or both (HTML
 * Living Standard §9.2.5). A comment is a block too.
 */
export class EventBoundary implements Boundary {
  events = 0;
  isBetween = true;
  #isLineEmpty = true;
  /** An LF that follows belongs to the same line end. */
  #isAfterCr = false;

  read(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#take(bytes[i]!);
  }

  readToEnd(bytes: Uint8Array): number {
    for (let i = 0; i < bytes.length; i++) if (this.#take(bytes[i]!)) return i + 1;
    return -1;
  }

  /** Returns whether an event ends with this byte. */
  #take(byte: number): boolean {
    const isSecondHalf = byte === LF && this.#isAfterCr;
    this.#isAfterCr = byte === CR;
    if (isSecondHalf) return false;
    if (byte !== LF && byte !== CR) {
      this.#isLineEmpty = false;
      this.isBetween = false;
      return false;
    }
    const hasEnded = this.#isLineEmpty && !this.isBetween;
    if (hasEnded) {
      this.events += 1;
      this.isBetween = true;
    }
    this.#isLineEmpty = true;
    return hasEnded;
  }
}

/** Lines, each ended by LF. */
export class LineBoundary implements Boundary {
  events = 0;
  isBetween = true;

  read(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) this.events += 1;
    if (bytes.length > 0) this.isBetween = bytes.at(-1) === LF;
  }

  readToEnd(bytes: Uint8Array): number {
    const end = bytes.indexOf(LF) + 1;
    this.read(end === 0 ? bytes : bytes.subarray(0, end));
    return end === 0 ? -1 : end;
  }
}

/** Of a message of gRPC: a flag, and its length (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
const PREFIX_BYTES = 5;

/** Messages of gRPC, and of gRPC-Web in its binary form, whose trailers look like one. */
export class MessageBoundary implements Boundary {
  events = 0;
  /** Bytes of the prefix that have come. */
  #prefix = 0;
  #length = 0;
  /** Bytes of the message that are to come. */
  #left = 0;

  get isBetween(): boolean {
    return this.#prefix === 0 && this.#left === 0;
  }

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#take(bytes, at);
  }

  readToEnd(bytes: Uint8Array): number {
    const before = this.events;
    let at = 0;
    while (at < bytes.length) {
      at = this.#take(bytes, at);
      if (this.events > before) return at;
    }
    return -1;
  }

  /** Follows `bytes` from `at` to the next change of what they are; returns where that is. */
  #take(bytes: Uint8Array, at: number): number {
    if (this.#left > 0) {
      const taken = Math.min(this.#left, bytes.length - at);
      this.#left -= taken;
      if (this.#left === 0) this.events += 1;
      return at + taken;
    }
    if (this.#prefix > 0) this.#length = this.#length * 256 + bytes[at]!;
    this.#prefix += 1;
    if (this.#prefix === PREFIX_BYTES) {
      this.#left = this.#length;
      this.#length = 0;
      this.#prefix = 0;
      if (this.#left === 0) this.events += 1;
    }
    return at + 1;
  }
}

/** Bytes whose events cannot be seen, because they are encoded: they may end anywhere. */
const UNSEEN: Boundary = {
  events: 0,
  isBetween: true,
  read() {},
  readToEnd: () => 0,
};

/** For a stream of `kind`; `isEncoded`: something such as gzip hides its events. */
export function boundaryOf(kind: AnswerKind, isEncoded: boolean): Boundary {
  if (isEncoded) return UNSEEN;
  if (kind === 'sse') return new EventBoundary();
  return kind === 'ndjson' ? new LineBoundary() : new MessageBoundary();
}
