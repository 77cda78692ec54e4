/**
 * The processes of the demo: forked together, stopped together.
 *
 * Each is the leader of its own process group. The Ctrl-C of a terminal goes to a whole group, and the
 * gateway would take it and our SIGTERM for the second signal that ends a drain; the closing of a
 * terminal would reach it as SIGHUP, which means reload.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../addresses.ts';

export interface ChildOptions {
  readonly name: string;
  /** Path of the TypeScript file to run. */
  readonly module: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdout: 'inherit' | 'ignore';
  /** URL of a module to load before it. */
  readonly preload?: string;
}

export interface ChildEnd {
  readonly name: string;
  /** Absent where a signal ended it. */
  readonly code?: number;
  /** For people: `exit code 1`, `SIGKILL`. */
  readonly how: string;
}

export interface Children {
  /** @returns its process id */
  fork(options: ChildOptions): number;
  /** SIGTERM, after `graceMs` SIGKILL; settles when all have ended. */
  stop(): Promise<void>;
  /** SIGKILL, at once. */
  kill(): void;
}

export interface ChildrenOptions {
  readonly graceMs: number;
  /** Called for each that ends, for whatever reason. */
  readonly onEnd: (end: ChildEnd) => void;
}

// On Windows this would open a console window a child.
const OWN_GROUP = process.platform !== 'win32';

export function children({ graceMs, onEnd }: ChildrenOptions): Children {
  const alive = new Set<ChildProcess>();
  const signalAll = (signal: NodeJS.Signals) => alive.forEach((child) => child.kill(signal));

  return {
    fork({ name, module, args, env, stdout, preload }) {
      const child = fork(module, args, {
        env: { ...env },
        execArgv: preload === undefined ? [] : ['--import', preload],
        stdio: ['ignore', stdout, 'inherit', 'ipc'],
        detached: OWN_GROUP,
      });
      alive.add(child);
      child.once('exit', (code, signal) => {
        alive.delete(child);
        onEnd(
          code === null ? { name, how: String(signal) } : { name, code, how: `exit code ${code}` },
        );
      });
      if (child.pid === undefined) throw new Error(`${name}: the process could not be made`);
      return child.pid;
    },
    async stop() {
      const ended = [...alive].map((child) => once(child, 'exit'));
      signalAll('SIGTERM');
      const timer = setTimeout(signalAll, graceMs, 'SIGKILL');
      await Promise.all(ended);
      clearTimeout(timer);
    },
    kill: () => signalAll('SIGKILL'),
  };
}
