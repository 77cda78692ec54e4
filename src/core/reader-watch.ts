/**
 * Disconnects a client that takes no byte of its response for too long while some are due.
 *
 * A slow reader may need long for one high-water mark, so only a connection that takes no byte at all is
 * cut. The system reports a reader's progress in bursts: every 82 seconds for a steady 16 KiB per second.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from './clock.ts';
import { Linked, LinkedList } from './linked-list.ts';

/** The time between two checks, and so how late a client may be cut. */
const MAX_LOOK_MS = 250;

const lookMsOf = (idleMs: number): number => Math.min(idleMs / 4, MAX_LOOK_MS);

/** A number that changes whenever the client takes bytes. */
export type Taken = (response: ServerResponse) => number;

/** Checks one answer until it is stopped or the answer is over. */
export class ReaderWatch {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #count: Taken;
  #timer: Timer | undefined;
  #taken: number | undefined;
  #movedAt = 0;

  constructor(response: ServerResponse, clock: Clock, idleMs: number, count = takenOfWrite) {
    this.#response = response;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#count = count;
  }

  start(): this {
    this.#taken = this.#now();
    this.#movedAt = this.#clock.now();
    this.#arm();
    return this;
  }

  stop(): void {
    this.#clock.cancel(this.#timer);
  }

  #arm(): void {
    this.#timer = this.#clock.after(lookMsOf(this.#idleMs), () => this.#look());
  }

  #look(): void {
    if (this.#response.destroyed) return;
    const now = this.#now();
    if (now === undefined || now !== this.#taken) {
      this.#taken = now;
      this.#movedAt = this.#clock.now();
    } else if (this.#clock.now() - this.#movedAt >= this.#idleMs) {
      this.#response.destroy();
      return;
    }
    this.#arm();
  }

  /** `undefined` while nothing is due, or while an earlier answer is. */
  #now(): number | undefined {
    if (!outputOf(this.#response) || this.#response.writableLength === 0) return undefined;
    return this.#count(this.#response);
  }
}

/**
 * Watches answers that other code writes. It costs almost nothing: one timer serves all, and most answers
 * are over before it fires.
 */
export function readerWatch(clock: Clock, idleMs: number): (response: ServerResponse) => void {
  const open = new LinkedList<OpenAnswer>();
  let isArmed = false;
  function look(): void {
    isArmed = false;
    for (const answer of open) {
      open.remove(answer);
      new ReaderWatch(answer.response, clock, idleMs, takenOfConnection).start();
    }
  }
  return (response) => {
    const answer = new OpenAnswer(response);
    open.add(answer);
    response.on('close', () => open.remove(answer));
    if (isArmed) return;
    isArmed = true;
    clock.after(lookMsOf(idleMs), look);
  };
}

class OpenAnswer extends Linked<OpenAnswer> {
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    super();
    this.response = response;
  }
}

/** Progress of one short write. */
const takenOfWrite: Taken = (response) => {
  const stream = streamOf(response);
  return stream === undefined ? takenOfConnection(response) : -stream.writableLength;
};

/**
 * Progress of unknown writes; a long one shows none of its own until its last byte is sent. That is all
 * an HTTP/2 stream shows, so bytes that its connection takes for other streams count too.
 */
export const takenOfConnection = ({ req }: ServerResponse): number => writtenTo(req.socket);

/** How Node's own timeouts measure progress; it is not in Node's types. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
  /** The handle below TLS. */
  readonly _parent?: Handle;
}

/** Bytes that the operating system has taken. */
function writtenTo(socket: Socket): number {
  const { _handle: own } = socket as Socket & { readonly _handle?: Handle | null };
  const { bytesWritten = 0, writeQueueSize = 0 } = own?._parent ?? own ?? {};
  return bytesWritten - writeQueueSize;
}

interface Output {
  readonly writableLength: number;
}

const streamOf = (response: ServerResponse): Output | undefined =>
  (response as ServerResponse & { readonly stream?: Output }).stream;

/**
 * Where the bytes of an answer go: its connection, or in HTTP/2 its stream. There is none while the
 * connection still serves an earlier answer.
 */
export const outputOf = (response: ServerResponse): Output | null | undefined =>
  streamOf(response) ?? response.socket;
