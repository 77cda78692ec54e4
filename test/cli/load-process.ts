/** `portico load` as users run it: a process, and what it starts in turn. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { folderOf } from '../config/config-files.ts';

/** The sources; `PORTICO_MAIN=dist/src/main.js` after `npm run build` tries what is published. */
const MAIN = resolve(process.env['PORTICO_MAIN'] ?? 'src/main.ts');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningLoad {
  readonly child: ChildProcess;
  /** Waits until standard error has said so. */
  said(words: string): Promise<void>;
  readonly ended: Promise<Ended>;
  /** It and all that it started, while they run; by the name of their module. */
  running(): Map<string, number>;
}

/** The config in a folder of its own. @returns its path */
export const configFile = (config: object): string =>
  join(
    folderOf({ 'gateway.config.yaml': JSON.stringify({ version: 1, ...config }) }),
    'gateway.config.yaml',
  );

/** Starts `portico load ...args`; it ends with the test, and so does all that it started. */
export function startLoad(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  descriptors = 'unlimited',
): RunningLoad {
  const mark = randomUUID();
  const limited = descriptors === 'unlimited' ? '' : `ulimit -n ${descriptors} && `;
  const command = ['-c', `${limited}exec "$0" "$@"`, process.execPath, MAIN, 'load', ...args];
  const child = spawn('sh', command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ...COMPILE_CACHE,
      LOAD_TEST: mark,
      ...env,
    },
  });
  onTestFinished(() => {
    for (const pid of marked(mark).values()) process.kill(pid, 'SIGKILL');
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  return {
    child,
    said: async (words) => {
      while (!err.includes(words)) await once(child.stderr, 'data');
    },
    ended: Promise.all([text(child.stdout), once(child, 'close')]).then(([out]) => ({
      code: child.exitCode,
      out,
      err,
    })),
    running: () => marked(mark),
  };
}

/** Runs it to its end. */
export const runLoad = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => startLoad(args, env).ended;

/** Processes that have `mark` in their environment. */
function marked(mark: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)) continue;
      const [module = pid] =
        /\w[\w-]*(?=\.[tj]s\0)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [];
      found.set(module, Number(pid));
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
  return found;
}
