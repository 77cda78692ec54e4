/** A body that is made of another one, and stands between that and its reader: pauses, errors and ends pass through. */
import { Body, type BodySource } from './body.ts';
import type { MutableHeaders } from './headers.ts';
import type { Sink } from './sink.ts';

export abstract class BodyRelay implements Sink, BodySource {
  readonly out: Body;
  /** The reader of `out` is behind, or not there yet. */
  protected isPaused = false;
  readonly #body: Body;

  /** `makeOut` makes a body with more than others have. */
  constructor(body: Body, makeOut = (source: BodySource): Body => new Body(source)) {
    this.out = makeOut(this);
    this.#body = body;
  }

  /** Begins to read. Nobody else may read the body then. */
  protected begin(): void {
    this.#body.onStream(() => this.out.becomeStream());
    this.#body.readInto(this);
  }

  // --- the body that is read ----------------------------------------------------------------------

  abstract chunk(bytes: Uint8Array): boolean;
  abstract end(trailers: MutableHeaders | undefined): void;

  fail(error: Error): void {
    this.out.fail(error);
  }

  // --- the reader ---------------------------------------------------------------------------------

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
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
}
