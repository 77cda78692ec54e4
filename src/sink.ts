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

export class ResponseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #options: SendOptions;
  readonly #body: { resume(): void };
  #stalled: Timer | undefined;

  constructor(response: ServerResponse, options: SendOptions, body: { resume(): void }) {
    this.#response = response;
    this.#options = options;
    this.#body = body;
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#response.write(bytes)) return true;
    this.#waitForDrain();
    return false;
  }

  end(trailers: MutableHeaders | undefined): void {
    if (this.#options.trailers && trailers !== undefined) this.#response.addTrailers(trailers);
    this.#response.end();
    if (this.#response.writableNeedDrain) this.#waitForDrain();
  }

  fail(error: Error): void {
    this.#options.clock.cancel(this.#stalled);
    this.#response.destroy(error);
  }

  #waitForDrain(): void {
    if (this.#stalled !== undefined) return;
    const { clock, idleMs } = this.#options;
    const response = this.#response;
    const settled = (): void => {
      clock.cancel(this.#stalled);
      this.#stalled = undefined;
      response.off('drain', settled).off('finish', settled).off('close', settled);
      this.#body.resume();
    };
    this.#watchProgress(clock, idleMs);
    response.on('drain', settled).on('finish', settled).on('close', settled);
  }

  /** A slow reader may take long for one high-water mark: only a socket that takes no byte is cut. */
  #watchProgress(clock: Clock, idleMs: number): void {
    const { socket } = this.#response;
    let written = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    const check = (): void => {
      const now = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
      if (now === written) {
        this.#response.destroy();
        return;
      }
      written = now;
      this.#stalled = clock.after(idleMs, check);
    };
    this.#stalled = clock.after(idleMs, check);
  }
}
