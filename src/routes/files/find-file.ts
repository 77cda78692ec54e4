/**
 * Opens a file below a folder, safely: what is outside of it cannot be reached, neither by a name nor by a symbolic
 * link, not even one that changes meanwhile. A link to a place inside is followed.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface FoundFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly modifiedNs: bigint;
}

/** What `open` and `realpath` say of a name that leads to no file that may be served. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
  'ENODEV',
  'EISDIR',
  'ESTALE',
]);

// A named pipe would block the thread that opens it.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * @param root absolute; may be a link
 * @returns the file, whose handle the caller closes; or what else is there
 * @throws what the disk says of a file that is there: EIO, EMFILE …
 */
export async function findFile(
  root: string,
  names: readonly string[],
): Promise<FoundFile | 'folder' | 'none'> {
  const path = join(root, ...names);
  const found = await lookOnce(path, root);
  // The root may be a link that has just been led to another release: then the second look sees one of them.
  const last = found === 'outside' ? await lookOnce(path, root) : found;
  return last === 'outside' ? 'none' : last;
}

type Looked = FoundFile | 'folder' | 'none' | 'outside';

async function lookOnce(path: string, root: string): Promise<Looked> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, FLAGS);
    const found = await looked(handle, path, root);
    if (typeof found === 'string') await handle.close();
    return found;
  } catch (error) {
    await handle?.close();
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return 'none';
    throw error;
  }
}

async function looked(handle: FileHandle, path: string, root: string): Promise<Looked> {
  const [opened, place, realRoot] = await Promise.all([
    handle.stat({ bigint: true }),
    placeOf(handle, path),
    realpath(root),
  ]);
  if (place !== realRoot && !place?.startsWith(realRoot === sep ? sep : realRoot + sep)) {
    return 'outside';
  }
  if (opened.isDirectory()) return 'folder';
  if (!opened.isFile()) return 'none';
  return { handle, bytes: Number(opened.size), modifiedNs: opened.mtimeNs };
}

/**
 * Where the open file really lies. Linux tells it of the file itself, so no link can be changed meanwhile. Elsewhere, the
 * name is resolved, and must still lead to that file; `undefined` if it does not.
 */
async function placeOf(handle: FileHandle, path: string): Promise<string | undefined> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    const real = await realpath(path);
    const [opened, there] = await Promise.all([handle.stat(), stat(real)]);
    return opened.ino === there.ino && opened.dev === there.dev ? real : undefined;
  }
}
