/**
 * The destination of a body. The one for clients writes, waits while the client is slow, and gives up if
 * it stalls.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import { type MutableHeaders, relayedTrailers } from './headers.ts';
import { outputOf, ReaderWatch, type Taken, takenOfConnection } from './reader-watch.ts';

export interface Sink {
  /** Returns whether it wants more at once; if not, it resumes the body later. */
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
  /**
   * What ends a broken answer, for clients that look for the outcome there. Default, and where it returns
   * `undefined`: the answer is cut off, so that nobody takes it for whole.
   */
  readonly ending?: ((error: Error) => LastPart | undefined) | undefined;
  /** Sees all that is sent, on its way to the sink that it is given. Default: nobody does. */
  readonly through?: Through | undefined;
}

/** The end of a broken answer. */
export interface LastPart {
  readonly bytes?: Uint8Array;
  readonly trailers?: MutableHeaders;
}

/** Stands between a body and a sink. */
export interface Through {
  /** The sink that the body is sent to, so that it goes on to `sink`. */
  over(sink: Sink): Sink;
}

/** The source that the sink resumes or ends. */
interface SinkSource {
  resume(): void;
  destroy(): void;
}

/**
 * Up to this many bytes a body is written as text: Node joins text to the head in one write, while bytes
 * need a second piece and a slower kind of write. Every byte is one latin1 character.
 */
const TEXT_BYTES = 16_384;

/** The same bytes, without a copy. */
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

  /** Writes `rest` together with what is already buffered, such as the head. */
  end(trailers: MutableHeaders | undefined, rest?: Uint8Array): void {
    const response = this.#response;
    if (this.#options.trailers && trailers !== undefined) {
      response.addTrailers(relayedTrailers(trailers));
    }
    if (rest !== undefined && rest.length <= TEXT_BYTES)
      response.end(asBuffer(rest).toString('latin1'), 'latin1');
    else response.end(rest);
    // From here on `writableNeedDrain` is never true, but bytes that the client has not taken are still
    // due: all of them, if this answer waits for an earlier one (pipelining).
    const output = outputOf(response);
    if (output && output.writableLength === 0) return;
    // A long write shows no progress of its own until it is complete.
    const isLong = rest !== undefined && rest.length > TEXT_BYTES;
    this.#waitForDrain(isLong ? takenOfConnection : undefined);
  }

  fail(error: Error): void {
    this.#watch?.stop();
    this.#watch = undefined;
    const last = this.#response.destroyed ? undefined : this.#options.ending?.(error);
    if (last === undefined) this.#response.destroy(error);
    else this.end(last.trailers, last.bytes);
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
