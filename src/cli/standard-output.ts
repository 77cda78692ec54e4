/**
 * Standard output and standard error of a serving process: nothing waits for their readers.
 *
 * `console` writes to the streams of the process, which block on a terminal, buffer without bound on a
 * pipe, and fail on a full disk. Plugins and BFFs may use it, so both streams write here too.
 */
import { systemClock } from '../core/clock.ts';
import { standardDescriptor, STDERR } from '../observe/descriptor.ts';
import { LineOutput } from '../observe/line-output.ts';
import { logOutput } from '../observe/log.ts';

/** So long what was written last may take to be read. */
const LAST_LINES_MS = 1_000;

export class StandardOutput {
  readonly out = logOutput(systemClock);
  readonly err = new LineOutput({
    descriptor: standardDescriptor(STDERR),
    clock: systemClock,
    notice: (lines) => `${lines} lines were dropped here: the reader was too slow\n`,
  });

  /** Makes `stdout` and `stderr` write here. */
  divert(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
    stdout.write = writeTo(this.out);
    stderr.write = writeTo(this.err);
  }

  /** Waits for the last lines, for a bounded time. */
  async end(ms = LAST_LINES_MS): Promise<void> {
    await Promise.all([this.out.end(ms), this.err.end(ms)]);
  }

  flushNow(): void {
    this.out.flushNow();
    this.err.flushNow();
  }
}

type Done = (error?: Error | null) => void;

/** As a stream's `write`, which is done as soon as the text is kept. */
const writeTo =
  (output: LineOutput) =>
  (chunk: string | Uint8Array, encoding?: BufferEncoding | Done, done?: Done): boolean => {
    output.write(textOf(chunk, typeof encoding === 'string' ? encoding : 'utf8'));
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback !== undefined) process.nextTick(callback);
    return true;
  };

function textOf(chunk: string | Uint8Array, encoding: BufferEncoding): string {
  if (typeof chunk !== 'string') return Buffer.from(chunk).toString();
  return encoding === 'utf8' ? chunk : Buffer.from(chunk, encoding).toString();
}
