/**
 * A body whose bytes are changed on the way, chunk by chunk, without a stream: the first byte goes on at once,
 * and a slow reader pauses the upstream as it would without the change.
 */
import { Body, type BodySource } from './body.ts';
import { toError } from './errors.ts';
import type { Headers, MutableHeaders } from './headers.ts';
import type { Sink } from './sink.ts';

/** What it throws breaks the body. */
export interface Conversion {
  /** What is sent for a chunk; it may be empty. */
  chunk(bytes: Uint8Array): Uint8Array;
  /** What follows the last chunk. The trailers are not sent themselves; `undefined`: there were none. */
  end(trailers: Headers | undefined): Uint8Array;
  /**
   * What ends a body that breaks after its head was sent, for clients that look for the outcome there. Default, and
   * for `undefined`: it is cut off, so that nobody takes it for whole.
   */
  broken?(error: Error): Uint8Array | undefined;
}

/** Takes over `body`, which nobody else may read. If it breaks, so does the one that is returned. */
export function convertBody(body: Body, conversion: Conversion): Body {
  const converting = new Converting(body, conversion);
  body.onStream(() => converting.out.becomeStream());
  body.readInto(converting);
  return converting.out;
}

export class ConvertedBody extends Body {
  readonly #conversion: Conversion;

  constructor(source: BodySource, conversion: Conversion) {
    super(source);
    this.#conversion = conversion;
  }

  /** See {@link Conversion.broken}. */
  brokenEnd(error: Error): Uint8Array | undefined {
    return this.#conversion.broken?.(error);
  }
}

class Converting implements Sink, BodySource {
  readonly out: ConvertedBody;
  readonly #body: Body;
  readonly #conversion: Conversion;
  #isPaused = false;

  constructor(body: Body, conversion: Conversion) {
    this.out = new ConvertedBody(this, conversion);
    this.#body = body;
    this.#conversion = conversion;
  }

  // --- the body that is read ----------------------------------------------------------------------

  chunk(bytes: Uint8Array): boolean {
    this.#give(() => this.#conversion.chunk(bytes));
    return !this.#isPaused;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.#give(() => this.#conversion.end(trailers));
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

  #give(convert: () => Uint8Array): void {
    if (this.out.isClosed) return;
    try {
      const bytes = convert();
      if (bytes.length > 0) this.out.push(bytes);
    } catch (error) {
      const reason = toError(error);
      this.#body.destroy(reason);
      this.out.fail(reason);
    }
  }
}
