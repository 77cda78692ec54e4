/**
 * Keeps a folder of an embedded store to one process: two would destroy it.
 *
 * The lock is a file that names its process and when that began, so it is void once the process has ended, even if
 * another one has its number by then.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

const LOCK = 'portico.lock';

/**
 * Makes the folder, if there is none, and locks it.
 *
 * @returns what releases it
 * @throws {RangeError} when another process has it, or it holds something else
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, LOCK);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    refuseForeign(folder);
    take(lock);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new RangeError(`the folder cannot be used (${code})`, { cause: error });
  }
  return () => rmSync(lock, { force: true });
}

function take(lock: string): void {
  const own = identityOf(process.pid);
  for (;;) {
    try {
      writeFileSync(lock, own, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = existsSync(lock) ? readFileSync(lock, 'utf8') : '';
    const pid = Number.parseInt(text, 10);
    if (isAlive(pid) && identityOf(pid) === text) {
      throw new RangeError(`process ${pid} uses the folder: each gateway needs one of its own`);
    }
    rmSync(lock, { force: true });
  }
}

/** Its number, and where the system tells it, when it began. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before these may hold spaces and brackets.
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid} ${startedAt}`;
  } catch {
    return `${pid}`;
  }
}

/** A database is never made beside other files. */
function refuseForeign(folder: string): void {
  const files = readdirSync(folder).filter((name) => name !== LOCK);
  if (files.length === 0 || files.includes('PG_VERSION')) return;
  throw new RangeError('the folder holds files that are no database: name an empty one');
}
