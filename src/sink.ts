/**
 * Where a body goes, and the client as such a place: it writes, waits where the client is slow, and
 * gives up where it stalls.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from './clock.ts';
import type { MutableHeaders } from './headers.ts';

export interface Sink {
  /** Says whether it wants more at once; if not, it resumes the body itself. */
  chunk(bytes: Uint8Array): boolean;
  end(trailers: MutableHeaders | undefined): void;
  fail(error: Error): void;
}

export interface SendOptions {
  readonly clock: Clock;
  /** A client that takes no byte for this long, while some are due, is cut off. */
  readonly idleMs: number;
  /** Pass trailers on: the client said `TE: trailers` (RFC 9110 §6.5.1). */
  readonly trailers: boolean;
}

/** What the sink asks for more, or ends. */
interface SinkSource {
  resume(): void;
  destroy(): void;
}

/**
 * Up to this many bytes a body is handed on as text: Node joins text to the head and writes both as one
 * piece, where bytes are a second piece and a slower kind of write. Every byte is one latin1 character.
 */
const TEXT_BYTES = 16_384;

/** Between two looks at what a client has taken: so late it may be cut. */
const MAX_LOOK_MS = 500;

const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export class ResponseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #options: SendOptions;
  readonly #body: SinkSource;
  #stalled: Timer | undefined;

  constructor(response: ServerResponse, options: SendOptions, body: SinkSource) {
    this.#response = response;
    this.#options = options;
    this.#body = body;
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#response.write(bytes)) return true;
    this.#waitForDrain();
    return false;
  }

  /** `rest` goes out in one write with what is there already, the head for one. */
  end(trailers: MutableHeaders | undefined, rest?: Uint8Array): void {
    const response = this.#response;
    if (this.#options.trailers && trailers !== undefined) response.addTrailers(trailers);
    if (rest !== undefined && rest.length <= TEXT_BYTES) response.end(asText(rest), 'latin1');
    else response.end(rest);
    // `writableNeedDrain` is never true from here on; what the client has not taken is still due,
    // and all of it where the answer waits for another that was asked for before (pipelining).
    const output = outputOf(response);
    if (!output || output.writableLength > 0) this.#waitForDrain();
  }

  fail(error: Error): void {
    this.#options.clock.cancel(this.#stalled);
    this.#response.destroy(error);
  }

  #waitForDrain(): void {
    if (this.#stalled !== undefined) return;
    const { clock, idleMs } = this.#options;
    const response = this.#response;
    if (response.destroyed) {
      this.#body.destroy();
      return;
    }
    const settled = (): void => {
      clock.cancel(this.#stalled);
      this.#stalled = undefined;
      response.off('drain', settled).off('finish', settled).off('close', settled);
      if (response.destroyed) this.#body.destroy();
      else this.#body.resume();
    };
    this.#watchProgress(clock, idleMs);
    response.on('drain', settled).on('finish', settled).on('close', settled);
  }

  /** A slow reader may take long for one high-water mark: only a socket that takes no byte is cut. */
  #watchProgress(clock: Clock, idleMs: number): void {
    const lookMs = Math.min(idleMs / 4, MAX_LOOK_MS);
    let taken = this.#taken();
    let movedAt = clock.now();
    const look = (): void => {
      const now = this.#taken();
      if (now === undefined || now !== taken) {
        taken = now;
        movedAt = clock.now();
      } else if (clock.now() - movedAt >= idleMs) {
        this.#response.destroy();
        return;
      }
      this.#stalled = clock.after(lookMs, look);
    };
    this.#stalled = clock.after(lookMs, look);
  }

  /** Bytes the client has taken; `undefined` while its connection still serves an earlier answer. */
  #taken(): number | undefined {
    const output = outputOf(this.#response);
    return output ? (output.bytesWritten ?? 0) - output.writableLength : undefined;
  }
}

interface Output {
  /** Absent for a stream of HTTP/2, which shows what it still has and no more. */
  readonly bytesWritten?: number;
  readonly writableLength: number;
}

/** What takes the bytes of an answer: its connection, or in HTTP/2 its stream. */
function outputOf(response: ServerResponse): Output | null | undefined {
  const { stream } = response as ServerResponse & { readonly stream?: Output };
  return stream ?? response.socket;
}
