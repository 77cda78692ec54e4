/**
 * The body of a request, copied while the primary's call takes it from the client.
 *
 * Nothing is read for the mirror's sake: what the primary does not take is not copied, and the copy is then dropped.
 */
import { ByteCopy } from '../../core/byte-copy.ts';
import type { UpstreamRequest } from '../../core/call.ts';
import type { Cancellation, CancelListener } from '../../core/cancellation.ts';
import type { Upload } from '../../core/upload.ts';
import type { Mirror } from './mirror.ts';

/** Called once: with the body, or with why there is no copy of it. */
export type CopyListener = (
  body: UpstreamRequest['body'] | 'full' | 'large' | 'incomplete',
) => void;

export class RequestCopy implements CancelListener {
  readonly #mirror: Mirror;
  readonly #copy: ByteCopy;
  readonly #signal: Cancellation;
  readonly #onEnd: CopyListener;
  /** Bytes that it has taken of the mirror's room. */
  #bytes = 0;
  #isOver = false;

  constructor(mirror: Mirror, signal: Cancellation, onEnd: CopyListener) {
    this.#mirror = mirror;
    this.#copy = new ByteCopy(mirror.config.maxBodyBytes);
    this.#signal = signal;
    this.#onEnd = onEnd;
  }

  /** Call it before the body is read. */
  follow(body: Upload): void {
    if ((body.length ?? 0) > this.#mirror.config.maxBodyBytes) {
      this.#end('large');
      return;
    }
    this.#signal.listen(this);
    body.copyTo((chunk) => this.#take(chunk));
    body.onEnd(() => this.#end(this.#copy.bytes));
  }

  /** The client has left, or its body was refused. */
  onCancel(): void {
    this.#end('incomplete');
  }

  /** The primary is done with the request, whether or not it has read all of it. */
  giveUp(): void {
    this.#end('incomplete');
  }

  /** The bytes are no longer needed. */
  release(): void {
    this.#mirror.state.copying -= this.#bytes;
    this.#bytes = 0;
  }

  #take(chunk: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#copy.add(chunk)) this.#end('large');
    else if (!this.#mirror.copy(chunk.length)) this.#end('full');
    else this.#bytes += chunk.length;
  }

  #end(body: Parameters<CopyListener>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.unlisten(this);
    this.#onEnd(body);
  }
}
