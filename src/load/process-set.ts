/**
 * Processes that are started together: each pinned to its cores, each stopped by its own id.
 *
 * Whoever makes a set of them ends it with `stop`, whatever happened.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pinned } from './cores.ts';

export interface ProcessOptions {
  readonly name: string;
  /** What Node runs. */
  readonly command: readonly string[];
  readonly cores: string | undefined;
  /** In addition to this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Where standard output goes, a number being a file. Default `ignore`. */
  readonly output?: 'ignore' | 'pipe' | number;
}

export interface SpawnOptions extends Pick<ProcessOptions, 'name' | 'cores' | 'env'> {
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly stdio: readonly ('ignore' | 'pipe' | 'inherit' | 'ipc' | number)[];
}

/** So long a process may take to end when it is asked to. */
const GRACE_MS = 5_000;

export class ProcessSet {
  readonly #alive = new Set<ChildProcess>();
  #isStopped = false;

  /** Starts a process with a channel for messages. @throws {Error} after `stop`: it would be left behind */
  start({
    command,
    nodeOptions = [],
    output = 'ignore',
    ...options
  }: ProcessOptions): ChildProcess {
    const words = [process.execPath, ...nodeOptions, ...command];
    return this.spawn({ ...options, words, stdio: ['ignore', output, 'inherit', 'ipc'] });
  }

  /** Starts whatever `words` are. @throws {Error} after `stop`, as `start` does */
  protected spawn({ name, words, cores, env, stdio }: SpawnOptions): ChildProcess {
    if (this.#isStopped) throw new Error(`${name} is not started: everything is being stopped`);
    const [program, ...args] = [...pinned(cores), ...words];
    const child = spawn(program!, args, {
      env: { ...process.env, ...env },
      stdio: [...stdio],
      // A terminal's Ctrl-C goes to a whole group; ours are stopped once, by us.
      detached: true,
    });
    this.#alive.add(child);
    child.once('exit', () => this.#alive.delete(child));
    // One that could not be started has no end either.
    child.once('error', () => child.pid === undefined && this.#alive.delete(child));
    return child;
  }

  /** SIGTERM to each, SIGKILL to those that ignore it; settles when all are gone. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return stopAll([...this.#alive]);
  }

  /** The same for some of them, by process id. */
  stopOnly(pids: readonly number[]): Promise<void> {
    return stopAll([...this.#alive].filter(({ pid }) => pids.includes(pid!)));
  }
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  const gone = children.map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, GRACE_MS);
  await Promise.all(gone);
  clearTimeout(timer);
}
