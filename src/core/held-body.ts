/**
 * Waits until enough of a body has come to decide what to do with it: all of it, so many bytes, or what is there
 * when somebody has waited long enough.
 */
import type { Body } from './body.ts';
import { BodyRelay } from './body-relay.ts';
import type { MutableHeaders } from './headers.ts';

export interface HeldBody {
  /**
   * The body from its first byte, to be read once. It is closed (`isClosed`) if all of it has come. Rejects with what
   * broke the body meanwhile.
   */
  readonly ready: Promise<Body>;
  /** Waits no longer. */
  release(): void;
}

/**
 * Takes over `body`, which nobody else may read; holds it to its end, or until more than `capBytes` have come. `onChunk`
 * sees each chunk until then.
 */
export const holdBody = (
  body: Body,
  capBytes: number,
  onChunk?: (bytes: Uint8Array) => void,
): HeldBody => new Holding(body, capBytes, onChunk);

class Holding extends BodyRelay implements HeldBody {
  readonly ready: Promise<Body>;
  readonly #capBytes: number;
  readonly #onChunk: ((bytes: Uint8Array) => void) | undefined;
  readonly #settle: { resolve(body: Body): void; reject(error: Error): void };
  #isReleased = false;

  constructor(body: Body, capBytes: number, onChunk?: (bytes: Uint8Array) => void) {
    super(body);
    const { promise, resolve, reject } = Promise.withResolvers<Body>();
    this.ready = promise;
    this.#settle = { resolve, reject };
    this.#capBytes = capBytes;
    this.#onChunk = onChunk;
    this.begin();
  }

  /** Nobody reads `out` before it is released, so that it is behind means nothing until then. */
  chunk(bytes: Uint8Array): boolean {
    if (!this.#isReleased) this.#onChunk?.(bytes);
    this.out.push(bytes);
    if (this.out.received > this.#capBytes) this.release();
    return !this.isPaused || !this.#isReleased;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.out.finish(trailers);
    this.release();
  }

  override fail(error: Error): void {
    super.fail(error);
    this.#settle.reject(error);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#settle.resolve(this.out);
  }
}
