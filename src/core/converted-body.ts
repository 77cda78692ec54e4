/**
 * A body whose bytes are changed on the way, chunk by chunk, without a stream: the first byte goes on at once,
 * and a slow reader pauses the upstream as it would without the change.
 */
import { Body, type BodySource } from './body.ts';
import type { Headers, MutableHeaders } from './headers.ts';
import type { Sink } from './sink.ts';

export interface Conversion {
  /** What is sent for a chunk; it may be empty. */
  chunk(bytes: Uint8Array): Uint8Array;
  /** What follows the last chunk. The trailers are not sent themselves; `undefined`: there were none. */
  end(trailers: Headers | undefined): Uint8Array;
}

/** Takes over `body`, which nobody else may read. If it breaks, so does the one that is returned. */
export function convertBody(body: Body, conversion: Conversion): Body {
  const converting = new Converting(body, conversion);
  body.onStream(() => converting.out.becomeStream());
  body.readInto(converting);
  return converting.out;
}

class Converting implements Sink, BodySource {
  readonly out = new Body(this);
  readonly #body: Body;
  readonly #conversion: Conversion;
  #isPaused = false;

  constructor(body: Body, conversion: Conversion) {
    this.#body = body;
    this.#conversion = conversion;
  }

  // --- the body that is read ----------------------------------------------------------------------

  chunk(bytes: Uint8Array): boolean {
    this.#give(this.#conversion.chunk(bytes));
    return !this.#isPaused;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.#give(this.#conversion.end(trailers));
    this.out.finish(undefined);
  }

  fail(error: Error): void {
    this.out.fail(error);
  }

  // --- the reader ---------------------------------------------------------------------------------

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#body.resume();
  }

  /** The body that is read has been waiting all along. */
  awaited(): void {}

  abort(reason: Error): void {
    this.#body.destroy(reason);
  }

  /** Nobody asks this body for its reader's lag: the one that is read is as far behind, and tells it. */
  now(): number {
    return 0;
  }

  #give(bytes: Uint8Array): void {
    if (bytes.length > 0) this.out.push(bytes);
  }
}
