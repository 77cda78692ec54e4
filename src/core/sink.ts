/**
 * The destination of a body. The client is one: it writes, waits while the client is slow, and
 * gives up when it stalls.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import { type MutableHeaders, relayedTrailers } from './headers.ts';
import { outputOf, ReaderWatch, type Taken, takenOfConnection } from './reader-watch.ts';

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

/** The same bytes, not copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export class ResponseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #options: SendOptions;
  readonly #body: SinkSource;
  #watch: ReaderWatch | undefined;

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
    if (this.#options.trailers && trailers !== undefined) {
      response.addTrailers(relayedTrailers(trailers));
    }
    if (rest !== undefined && rest.length <= TEXT_BYTES)
      response.end(asBuffer(rest).toString('latin1'), 'latin1');
    else response.end(rest);
    // `writableNeedDrain` is never true from here on; what the client has not taken is still due,
    // and all of it where the answer waits for another that was asked for before (pipelining).
    const output = outputOf(response);
    if (output && output.writableLength === 0) return;
    // A long write shows no progress of its own before it is over.
    const isLong = rest !== undefined && rest.length > TEXT_BYTES;
    this.#waitForDrain(isLong ? takenOfConnection : undefined);
  }

  fail(error: Error): void {
    this.#watch?.stop();
    this.#response.destroy(error);
  }

  #waitForDrain(count?: Taken): void {
    if (this.#watch !== undefined) return;
    const { clock, idleMs } = this.#options;
    const response = this.#response;
    if (response.destroyed) {
      this.#body.destroy();
      return;
    }
    const settled = (): void => {
      this.#watch?.stop();
      this.#watch = undefined;
      response.off('drain', settled).off('finish', settled).off('close', settled);
      if (response.destroyed) this.#body.destroy();
      else this.#body.resume();
    };
    this.#watch = new ReaderWatch(response, clock, idleMs, count).start();
    response.on('drain', settled).on('finish', settled).on('close', settled);
  }
}
