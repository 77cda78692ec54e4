/**
 * A body whose bytes are changed on the way, chunk by chunk, without a stream: the first byte goes on at once,
 * and a slow reader pauses the upstream as it would without the change.
 */
import { Body, type BodySource } from './body.ts';
import { BodyRelay } from './body-relay.ts';
import { toError } from './errors.ts';
import type { Headers, MutableHeaders } from './headers.ts';

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
export const convertBody = (body: Body, conversion: Conversion): Body =>
  new Converting(body, conversion).out;

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

class Converting extends BodyRelay {
  readonly #conversion: Conversion;

  constructor(body: Body, conversion: Conversion) {
    super(body, (source) => new ConvertedBody(source, conversion));
    this.#conversion = conversion;
    this.begin();
  }

  chunk(bytes: Uint8Array): boolean {
    this.#give(() => this.#conversion.chunk(bytes));
    return !this.isPaused;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.#give(() => this.#conversion.end(trailers));
    this.out.finish(undefined);
  }

  #give(convert: () => Uint8Array): void {
    if (this.out.isClosed) return;
    try {
      const bytes = convert();
      if (bytes.length > 0) this.out.push(bytes);
    } catch (error) {
      const reason = toError(error);
      this.abort(reason);
      this.out.fail(reason);
    }
  }
}
