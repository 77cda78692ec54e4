/** A revision of this repository beside the working tree, ready to run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = fileURLToPath(new URL('..', import.meta.url));

export interface Checkout {
  /** As git abbreviates it. */
  readonly revision: string;
  readonly folder: string;
  remove(): void;
}

/**
 * Dependencies are shared with this checkout where the two lock files are equal, else installed.
 *
 * @throws {Error} with git's or npm's own words
 */
export function checkOut(name: string): Checkout {
  const revision = run('git', ['rev-parse', '--short', '--verify', `${name}^{commit}`], HERE);
  const parent = mkdtempSync(join(tmpdir(), 'portico-regress-'));
  const folder = join(parent, revision);
  const remove = (): void => {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: HERE });
    rmSync(parent, { recursive: true, force: true });
  };
  try {
    run('git', ['worktree', 'add', '--detach', folder, revision], HERE);
    provideDependencies(folder);
  } catch (error) {
    remove();
    throw error;
  }
  return { revision, folder, remove };
}

function provideDependencies(folder: string): void {
  const installed = join(HERE, 'node_modules');
  if (existsSync(installed) && lockOf(folder) === lockOf(HERE)) {
    symlinkSync(installed, join(folder, 'node_modules'));
  } else {
    run('npm', ['ci', '--no-audit', '--no-fund'], folder);
  }
}

const lockOf = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');

export function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  const why = error?.message ?? stderr.trim();
  throw new Error(`${program} ${args.join(' ')}: ${why}`);
}
