/** `portico dev`, and `portico start`, as authors run them: a process, and a folder of files that they change. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { type Files, folderOf } from '../config/config-files.ts';

const MAIN = resolve('src/main.ts');
export const CONFIG = 'gateway.config.yaml';
/** A process starts, or follows a change, on a machine that others use too. */
const PATIENCE = { timeout: 20_000, interval: 50 };

export interface Authored {
  readonly child: ChildProcess;
  readonly write: (name: string, text: string) => void;
  /** Standard output and standard error so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Waits until standard error has it. */
  readonly said: (words: string) => Promise<void>;
  /** Waits until the gateway serves; afterwards `get` may be used. */
  readonly serving: () => Promise<void>;
  readonly get: (path: string) => Promise<string>;
  /** Waits until `path` is answered with `body`. */
  readonly answers: (path: string, body: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Runs `portico <command>` in a folder with `files`; both end with the test. */
export function author(
  files: Files,
  command: 'dev' | 'start' | 'test' = 'dev',
  ...args: readonly string[]
): Authored {
  const folder = folderOf(files);
  const env = { PATH: process.env['PATH'], ...COMPILE_CACHE };
  const child = spawn(process.execPath, [MAIN, command, ...args], {
    cwd: folder,
    env,
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.err += chunk));
  const url = (): string => /"url":"([^"]+)"/.exec(said.out)?.[1] ?? '';
  const get = async (path: string): Promise<string> => (await fetch(url() + path)).text();
  return {
    child,
    write: (name, text) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    out: () => said.out,
    err: () => said.err,
    said: (words) => expect.poll(() => said.err, PATIENCE).toContain(words),
    serving: () => expect.poll(url, PATIENCE).not.toBe(''),
    get,
    answers: (path, body) => expect.poll(() => get(path), PATIENCE).toBe(body),
    ended: once(child, 'exit').then(([code]) => code as number | null),
  };
}
