/**
 * Disconnects a client that takes no byte of its response for long, while some are due.
 *
 * A slow reader may take long for one high-water mark: only a connection that takes no byte is cut. The
 * system reports the progress of a reader in bursts: every 82 seconds for a steady one of 16 KiB a second.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from './clock.ts';
import { Linked, LinkedList } from './linked-list.ts';

/** Between two looks at what a client has taken: so late it may be cut. */
const MAX_LOOK_MS = 250;

const lookMsOf = (idleMs: number): number => Math.min(idleMs / 4, MAX_LOOK_MS);

/** Grows with what the client takes. */
export type Taken = (response: ServerResponse) => number;

/** Looks at one answer until it is stopped, or the answer is over. */
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

  /** `undefined` while nothing is due, or something before it. */
  #now(): number | undefined {
    if (!outputOf(this.#response) || this.#response.writableLength === 0) return undefined;
    return this.#count(this.#response);
  }
}

/**
 * Watches answers that others write, for next to nothing: one timer serves all of them, and most are over
 * before it looks.
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

/** Of one write, which is over once there is room for the next. */
const takenOfWrite: Taken = (response) => {
  const stream = streamOf(response);
  return stream === undefined ? takenOfConnection(response) : -stream.writableLength;
};

/**
 * Of writes that are not known: a long one counts as due until its last byte is out. A stream of HTTP/2
 * shows no more than that, so that what its connection takes for others counts, too.
 */
export const takenOfConnection = ({ req }: ServerResponse): number => writtenTo(req.socket);

/** As Node's own timeouts see progress; its types do not tell of it. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
  /** Below TLS. */
  readonly _parent?: Handle;
}

/** Bytes that the system has taken. */
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
 * What takes the bytes of an answer: its connection, or in HTTP/2 its stream. None while the connection
 * still serves an earlier answer.
 */
export const outputOf = (response: ServerResponse): Output | null | undefined =>
  streamOf(response) ?? response.socket;
