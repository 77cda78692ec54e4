/** Folders for `portico init` and `portico new`, and the processes that run there. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const MAIN = resolve('src/main.ts');

/** An empty folder, which goes with the test. `portico` is this checkout there. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-init-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs `portico ...args` in `cwd`. */
export const portico = (cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [MAIN, ...args], { cwd, encoding: 'utf8', timeout: 60_000 });

/** Runs the tests that are in `folder`, where `portico` is this checkout. */
export function testsOf(folder: string): SpawnSyncReturns<string> {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(resolve('.'), join(folder, 'node_modules/portico'));
  // The runner of these tests must not take the other for a part of it.
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env;
  const args = ['--conditions=portico-source', '--test'];
  return spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
}

/** The files below `folder`, without packages. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .filter((path) => !path.startsWith('node_modules'))
    .toSorted();
