/** Folders for `portico init` and `portico new`, and the processes that run there. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** Runs `portico ...args` in `cwd`, as a shell does. */
export const portico = (cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> =>
  porticoByNpm(cwd, undefined, ...args);

/** Runs `portico ...args` in `cwd`, as an npm does that calls itself `agent`. */
export function porticoByNpm(
  cwd: string,
  agent: string | undefined,
  ...args: readonly string[]
): SpawnSyncReturns<string> {
  const env = { ...process.env, npm_config_user_agent: agent };
  return spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

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

/** Runs a script of npm in `cwd`, where the only command is `portico`, on a Node.js that is too old. */
export function onOldNode(cwd: string, script: string): SpawnSyncReturns<string> {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
    Object.defineProperty(process, 'version', { value: 'v20.20.2' });`;
  writeFileSync(join(cwd, 'old.mjs'), old);
  const command = `#!/bin/sh\nexec "${process.execPath}" --import ./old.mjs "${MAIN}" "$@"\n`;
  writeFileSync(join(cwd, 'portico'), command, { mode: 0o755 });
  return spawnSync('/bin/sh', ['-c', script], { cwd, env: { PATH: cwd }, encoding: 'utf8' });
}
