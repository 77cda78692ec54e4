/** Reads a part of an open file into a body, as fast as its reader takes it. */
import type { FileHandle } from 'node:fs/promises';
import { Body, type BodySource } from '../../core/body.ts';
import type { Clock } from '../../core/clock.ts';
import { GatewayError, toError } from '../../core/errors.ts';

const CHUNK_BYTES = 65_536;

export interface FilePart {
  readonly handle: FileHandle;
  readonly start: number;
  readonly end: number;
}

/** The body of `part`. Its handle is closed with it, however it ends; then `onClosed` runs. */
export function fileBody(part: FilePart, clock: Clock, onClosed: () => void): Body {
  return new FileSource(part, clock, onClosed).body;
}

/** The error for a file that ends before its own length. */
export const shortened = (): GatewayError =>
  new GatewayError('GW_INTERNAL', 'a file became shorter while it was sent');

class FileSource implements BodySource {
  readonly body: Body;
  readonly #handle: FileHandle;
  readonly #clock: Clock;
  readonly #end: number;
  #at: number;
  #isPaused = false;
  #isReading = false;

  constructor({ handle, start, end }: FilePart, clock: Clock, onClosed: () => void) {
    this.#handle = handle;
    this.#clock = clock;
    this.#at = start;
    this.#end = end;
    this.body = new Body(this);
    // A read that is under way keeps the handle until it has ended.
    this.body.onClose(() => void handle.close().then(onClosed, onClosed));
    this.#read();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#read();
  }

  awaited(): void {
    // A disk answers, or fails.
  }

  abort(): void {
    // The body closes the file.
  }

  now(): number {
    return this.#clock.now();
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#readOn().catch((error: unknown) => this.body.fail(toError(error)));
  }

  async #readOn(): Promise<void> {
    try {
      while (!this.#isPaused && !this.body.isClosed) {
        if (this.#at < this.#end) await this.#readOne();
        else this.body.finish(undefined);
      }
    } finally {
      // At once, so that a reader who resumes right now is heard.
      this.#isReading = false;
    }
  }

  async #readOne(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.#end - this.#at));
    const { bytesRead } = await this.#handle.read({ buffer, position: this.#at });
    // Its length has been told: what is cut off must not look whole.
    if (bytesRead === 0) throw shortened();
    this.#at += bytesRead;
    this.body.push(buffer.subarray(0, bytesRead));
  }
}
