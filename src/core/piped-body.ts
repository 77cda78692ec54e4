/**
 * A body that passes through a stream of Node's, such as a compressor: a slow reader pauses the upstream through it,
 * and whichever of the three ends first ends the others.
 */
import type { Transform } from 'node:stream';
import type { Body } from './body.ts';
import { BodyRelay } from './body-relay.ts';

/**
 * Takes over `body` and `stream`; trailers are dropped, because they describe other bytes. `onChunk` runs after each
 * chunk that the stream is given.
 */
export const pipeBody = (body: Body, stream: Transform, onChunk?: () => void): Body =>
  new Piping(body, stream, onChunk).out;

class Piping extends BodyRelay {
  readonly #stream: Transform;
  readonly #onChunk: (() => void) | undefined;

  constructor(body: Body, stream: Transform, onChunk: (() => void) | undefined) {
    super(body);
    this.#stream = stream;
    this.#onChunk = onChunk;
    stream.on('data', (bytes: Uint8Array) => this.out.push(bytes));
    stream.on('end', () => this.out.finish(undefined));
    stream.on('drain', () => body.resume());
    stream.on('error', (error) => this.#breakOff(error));
    this.begin();
  }

  chunk(bytes: Uint8Array): boolean {
    const wantsMore = this.#stream.write(bytes);
    this.#onChunk?.();
    return wantsMore;
  }

  end(): void {
    this.#stream.end();
  }

  override fail(error: Error): void {
    this.#stream.destroy();
    super.fail(error);
  }

  override pause(): void {
    this.#stream.pause();
  }

  override resume(): void {
    this.#stream.resume();
  }

  override abort(reason: Error): void {
    this.#stream.destroy();
    super.abort(reason);
  }

  /** The stream failed. */
  #breakOff(error: Error): void {
    super.abort(error);
    super.fail(error);
  }
}
