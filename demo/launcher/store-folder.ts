/**
 * The folder of the gateway's store, for one run of the demo: the services forget everything at their end, so what was done for
 * their orders is forgotten, too.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../src/engine/is-alive.ts';

export interface StoreFolder {
  readonly path: string;
  /** Once the gateway has ended. */
  remove(): void;
}

/**
 * A new folder in `parent`, named after this process, so that several demos have one each. Those of demos that were killed
 * are removed.
 */
export function storeFolder(parent: string): StoreFolder {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = Number(name);
    if (pid === process.pid || !isAlive(pid)) remove(join(parent, name));
  }
  const path = join(parent, String(process.pid));
  return { path, remove: () => remove(path) };
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
