/** Copies a response body while it is read: its reader gets a body as good as the first, and sets the pace. */
import { Body, type BodySource } from './body.ts';
import type { Clock } from './clock.ts';
import type { MutableHeaders } from './headers.ts';
import type { Sink } from './sink.ts';

/** Gets each chunk on its way; it must neither keep nor change the chunk, and never throw. */
export type ChunkListener = (chunk: Uint8Array) => void;

/** Reads `body` into a new one, for its receiver, and shows each chunk to `onChunk`. */
export function tee(body: Body, clock: Clock, onChunk: ChunkListener): Body {
  const source = new TeedSource(body, clock, onChunk);
  body.readInto(source);
  return source.copy;
}

class TeedSource implements BodySource, Sink {
  readonly copy: Body = new Body(this);
  readonly #body: Body;
  readonly #clock: Clock;
  readonly #onChunk: ChunkListener;
  #isPaused = false;

  constructor(body: Body, clock: Clock, onChunk: ChunkListener) {
    this.#body = body;
    this.#clock = clock;
    this.#onChunk = onChunk;
  }

  // --- the body that is read ----------------------------------------------------------------------

  chunk(bytes: Uint8Array): boolean {
    this.#onChunk(bytes);
    this.copy.push(bytes);
    return !this.#isPaused;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.copy.finish(trailers);
  }

  fail(error: Error): void {
    this.copy.fail(error);
  }

  // --- the body that is given -----------------------------------------------------------------------

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#body.resume();
  }

  /** The first body awaits the next chunk all the time that it is not paused. */
  awaited(): void {}

  abort(reason: Error): void {
    this.#body.destroy(reason);
  }

  now(): number {
    return this.#clock.now();
  }
}
