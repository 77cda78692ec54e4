/** Standard output and standard error, as something that nobody has to wait for. */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';

export interface Descriptor {
  /** Writing may take its time, so that `write` has to be used: files. */
  readonly isPatient: boolean;
  /** @throws the system's error; EAGAIN where nothing is taken at this moment */
  writeNow(bytes: Uint8Array): number;
  write(
    bytes: Uint8Array,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void;
}

export const STDOUT = 1;
export const STDERR = 2;

/**
 * Pipes, sockets and terminals take bytes at once or not at all; a file is written by a thread of
 * libuv's. A blocking pipe must never be: its thread would wait for the reader, and the process for it.
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
  // Node makes it so (O_NONBLOCK) when its own stream is first asked for; nothing else of it is used.
  void (number === STDOUT ? process.stdout : process.stderr);
  return [number, false];
}

/** Node keeps terminals blocking: one that was paused (Ctrl-S) would hold the whole gateway. */
function openTerminal(number: number): readonly [number, boolean] {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return [openSync(`/proc/self/fd/${number}`, O_WRONLY | O_NONBLOCK | O_NOCTTY), false];
  } catch {
    return [number, true];
  }
}
