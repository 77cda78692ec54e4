/** A connection that is in memory: a client's bytes go in, and what the server writes is kept. */
import { Duplex } from 'node:stream';

/** The most that is kept of an answer; ours are far shorter. */
const MOST_BYTES = 1_048_576;

export class MemorySocket extends Duplex {
  /** As Node and the gateway look for it on a socket. */
  readonly remoteAddress: string;
  /** Whether TLS is below it. */
  readonly encrypted: boolean;
  readonly #written: Buffer[] = [];
  #bytes = 0;

  constructor(remoteAddress: string, encrypted: boolean) {
    super();
    this.remoteAddress = remoteAddress;
    this.encrypted = encrypted;
  }

  get written(): Buffer {
    return Buffer.concat(this.#written);
  }

  override _read(): void {
    // Whoever has bytes for the server pushes them.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#bytes < MOST_BYTES) this.#written.push(chunk);
    this.#bytes += chunk.length;
    done();
  }

  /** It is never idle for long. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }
}
