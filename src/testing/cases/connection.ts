/** A connection in memory: what one end writes, the other reads. */
import { MemorySocket } from '../../explain/memory-socket.ts';

class End extends MemorySocket {
  readonly #onBytes: () => void;
  #other: End | undefined;
  /** What the other end wrote last has not been read. */
  #wanted: (() => void) | undefined;

  constructor(address: string, isSecure: boolean, onBytes: () => void) {
    super(address, isSecure);
    this.#onBytes = onBytes;
  }

  join(other: End): void {
    this.#other = other;
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#other?.receive(chunk, done);
  }

  override _final(done: () => void): void {
    this.#other?.receive(null, () => undefined);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.#other;
    this.#other = undefined;
    // As the system does it: the other side learns of it, and of no reason.
    if (other !== undefined && !other.destroyed) setImmediate(() => other.cut());
    done(error);
  }

  receive(chunk: Buffer | null, done: () => void): void {
    this.#onBytes();
    if (this.push(chunk)) done();
    else this.#wanted = done;
  }

  /** The other end is gone. */
  cut(): void {
    if (this.readableEnded) return;
    this.push(null);
    setImmediate(() => this.destroy());
  }
}

export interface Connection {
  readonly client: MemorySocket;
  readonly server: MemorySocket;
}

/** Of a client at `address`; `isSecure`: as if TLS were below it. `onBytes` is called whenever some pass. */
export function connect(address: string, isSecure: boolean, onBytes: () => void): Connection {
  const client = new End('127.0.0.1', isSecure, onBytes);
  const server = new End(address, isSecure, onBytes);
  client.join(server);
  server.join(client);
  return { client, server };
}
