/**
 * Lines to a descriptor that may not take them: a full disk, a reader that stalls, a pipe that is closed.
 *
 * `write` never waits and never throws. What the other side does not take is kept up to a bound; past it
 * whole lines are dropped and counted until half of the room is free again, and then one line says how
 * many. Call `end` last: it gives what is left a bounded time.
 *
 * Not pino's own destination (sonic-boom): its last flush repeats for ever on ENOSPC, EPIPE and EAGAIN, so
 * that the process could not end.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Descriptor } from './descriptor.ts';

export interface LineOutputOptions {
  readonly descriptor: Descriptor;
  readonly clock: Clock;
  /** Makes the line that tells how many were dropped. */
  readonly notice: (dropped: number) => string;
  /** What may wait to be written. Default: 4 MiB. */
  readonly limitBytes?: number;
}

const LIMIT_BYTES = 4 * 1_048_576;
/**
 * Lines go out together, as soon as there are so many bytes of them, or after a time. A file is written by
 * another thread: where that has the same core, a write costs 20 µs and more, however short. A pipe has
 * room for 64 KiB, and its reader may be a little late.
 */
const BATCH_BYTES = { file: 65_536, pipe: 16_384 } as const;
const FLUSH_MS = 200;
/** How soon a descriptor that takes nothing is tried again: a slow reader, and everything else. */
const BUSY_MS = { first: 5, last: 50 } as const;
const FAILED_MS = { first: 100, last: 1_000 } as const;

export class LineOutput {
  readonly #descriptor: Descriptor;
  readonly #clock: Clock;
  readonly #notice: (dropped: number) => string;
  readonly #limitBytes: number;
  /** So many are written, and packed where they wait: one buffer costs less than a hundred texts. */
  readonly #batchBytes: number;
  /** The newest lines, and their size; older ones are packed. */
  #gathered = '';
  #gatheredBytes = 0;
  #packed: Uint8Array[] = [];
  /** Of all that waits. */
  #waitingBytes = 0;
  #flushTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #pauseMs = 0;
  #isWriting = false;
  #isShedding = false;
  #unreported = 0;
  #dropped = 0;
  #ending: Promise<void> | undefined;
  #settleEnd: (() => void) | undefined;
  #isOver = false;

  constructor({ descriptor, clock, notice, limitBytes = LIMIT_BYTES }: LineOutputOptions) {
    this.#descriptor = descriptor;
    this.#clock = clock;
    this.#notice = notice;
    this.#limitBytes = limitBytes;
    this.#batchBytes = descriptor.isPatient ? BATCH_BYTES.file : BATCH_BYTES.pipe;
  }

  /** Lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whole lines, with their ends. */
  write(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#isShedding || this.#waitingBytes + bytes > this.#limitBytes) this.#drop(text);
    else this.#add(text, bytes);
  }

  /** Writes what is left, for up to `ms`; a second call waits for the first. What is written later is tried once. */
  end(ms: number): Promise<void> {
    this.#ending ??= new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => this.#settleEnd?.());
      this.#settleEnd = () => {
        this.#settleEnd = undefined;
        this.#isOver = true;
        this.#clock.cancel(timer);
        this.#clock.cancel(this.#retryTimer);
        this.#retryTimer = undefined;
        resolve();
      };
      // What waits to be tried again has its turn now.
      this.#clock.cancel(this.#retryTimer);
      this.#retryTimer = undefined;
      this.#flush();
    });
    return this.#ending;
  }

  /** Writes what can be written here and now; for a process that ends without waiting. */
  flushNow(): void {
    this.#pack();
    // The first one is on its way already.
    if (this.#isWriting) this.#packed.shift();
    try {
      for (let next = this.#packed[0]; next !== undefined; next = this.#packed[0]) {
        this.#wrote(this.#descriptor.writeNow(next));
      }
    } catch {
      // There is nobody left to report to.
    }
  }

  #add(text: string, bytes: number): void {
    this.#gathered += text;
    this.#gatheredBytes += bytes;
    this.#waitingBytes += bytes;
    if (this.#gatheredBytes >= this.#batchBytes) this.#pack();
    if (this.#isWriting || this.#retryTimer !== undefined) return;
    if (this.#waitingBytes >= this.#batchBytes) this.#flush();
    else this.#flushTimer ??= this.#clock.after(FLUSH_MS, this.#flush);
  }

  #drop(text: string): void {
    const lines = lineCount(text);
    this.#dropped += lines;
    this.#unreported += lines;
    this.#isShedding = true;
    this.#reportDrops();
  }

  /** Not before half of the room is free: a slow reader must not read of little else. */
  #reportDrops(): void {
    if (this.#waitingBytes > this.#limitBytes / 2) return;
    this.#isShedding = false;
    const line = this.#notice(this.#unreported);
    this.#unreported = 0;
    this.#add(line, Buffer.byteLength(line));
  }

  readonly #flush = (): void => {
    this.#clock.cancel(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#isWriting || this.#retryTimer !== undefined) return;
    this.#isWriting = true;
    if (this.#descriptor.isPatient) this.#writeNext();
    else this.#writeAll();
  };

  #pack(): void {
    if (this.#gatheredBytes === 0) return;
    this.#packed.push(Buffer.from(this.#gathered));
    this.#gathered = '';
    this.#gatheredBytes = 0;
  }

  #next(): Uint8Array | undefined {
    this.#pack();
    return this.#packed[0];
  }

  #writeAll(): void {
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        this.#wrote(this.#descriptor.writeNow(next));
      }
      this.#finished();
    } catch (error) {
      this.#failed(error as NodeJS.ErrnoException);
    }
  }

  #writeNext(): void {
    const next = this.#next();
    if (next === undefined) this.#finished();
    else this.#descriptor.write(next, this.#written);
  }

  readonly #written = (error: NodeJS.ErrnoException | null, bytes: number): void => {
    if (error === null && bytes > 0) {
      this.#wrote(bytes);
      this.#writeNext();
    } else this.#failed(error);
  };

  /** The first `bytes` of what waits are out; not always to the end of a line. */
  #wrote(bytes: number): void {
    const [first] = this.#packed;
    if (first === undefined || bytes === 0) throw new Error('nothing was written');
    if (bytes < first.length) this.#packed[0] = first.subarray(bytes);
    else this.#packed.shift();
    this.#waitingBytes -= bytes;
    this.#pauseMs = 0;
    if (this.#isShedding) this.#reportDrops();
  }

  #finished(): void {
    this.#isWriting = false;
    this.#settleEnd?.();
  }

  #failed(error: NodeJS.ErrnoException | null): void {
    const { first, last } = error?.code === 'EAGAIN' ? BUSY_MS : FAILED_MS;
    this.#isWriting = false;
    if (this.#isOver) return;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, first), last);
    this.#retryTimer = this.#clock.after(this.#pauseMs, () => {
      this.#retryTimer = undefined;
      this.#flush();
    });
  }
}

function lineCount(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return Math.max(count, 1);
}
