/**
 * Listens on a unix socket, with the mode that its file is to have from its first moment on.
 *
 * A process that was killed leaves its file. It is replaced if it is a socket and nobody listens on it; anything
 * else there is left alone.
 */
import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { once } from 'node:events';

export interface UnixSocket {
  /** Absolute. */
  readonly socket: string;
  readonly mode: number;
}

/**
 * Resolves when `server` listens. Node removes the file when it stops to.
 *
 * @throws {Error} that says why it cannot
 */
export async function listenOnSocket(
  server: Server,
  { socket: path, mode }: UnixSocket,
): Promise<void> {
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`${path}: there is no folder ${dirname(path)}`);
  }
  await removeStale(path);
  bind(server, { socket: path, mode });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = WHY[code ?? ''] ?? `(${code})`;
    throw new Error(`${path}: ${why}`, { cause: error });
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this process is not allowed to make a socket there',
};

/** The mask of the process makes the mode; it is set for as long as Node binds, which it does at once. */
function bind(server: Server, { socket: path, mode }: UnixSocket): void {
  // In a thread nobody may set it.
  const mask = isMainThread ? process.umask(0o777 & ~mode) : undefined;
  try {
    server.listen(path);
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
}

/** @throws {Error} if something is there that is no socket, or on which somebody listens */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists, and is not a socket`);
  if (await isServed(path)) throw new Error(`${path}: another process listens there`);
  // Unless somebody else has replaced it since.
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === found.ino) unlinkSync(path);
}

/** What cannot be told counts as yes: only a refusal says that nobody does. */
async function isServed(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ECONNREFUSED' && code !== 'ENOENT';
  } finally {
    socket.destroy();
  }
}
