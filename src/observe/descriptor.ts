/** Writes to standard output and standard error without making the process wait. */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';

export interface Descriptor {
  /** Writing may block, so callers must use `write`. True for files. */
  readonly isPatient: boolean;
  /** @throws the system's error; EAGAIN if nothing can be written right now */
  writeNow(bytes: Uint8Array): number;
  write(
    bytes: Uint8Array,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void;
}

export const STDOUT = 1;
export const STDERR = 2;

/**
 * Pipes, sockets and terminals take bytes at once or not at all; files are written by a libuv thread. A
 * pipe must never be written that way: the thread would wait for the reader, and at exit the process for
 * the thread.
 */
export function standardDescriptor(number: typeof STDOUT | typeof STDERR): Descriptor {
  const [fd, isPatient] = nonBlocking(number);
  return {
    isPatient,
    writeNow: (bytes) => writeSync(fd, bytes),
    write: (bytes, done) => write(fd, bytes, done),
  };
}

function nonBlocking(number: typeof STDOUT | typeof STDERR): readonly [number, boolean] {
  if (isatty(number)) return openTerminal(number);
  const kind = fstatSync(number);
  if (!isMainThread || (!kind.isFIFO() && !kind.isSocket())) return [number, true];
  // Touching Node's own stream makes the descriptor non-blocking (O_NONBLOCK); the stream is not used
  // otherwise.
  void (number === STDOUT ? process.stdout : process.stderr);
  return [number, false];
}

/** Node keeps terminals blocking: a paused one (Ctrl-S) would stop the whole gateway. */
function openTerminal(number: number): readonly [number, boolean] {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return [openSync(`/proc/self/fd/${number}`, O_WRONLY | O_NONBLOCK | O_NOCTTY), false];
  } catch {
    return [number, true];
  }
}
