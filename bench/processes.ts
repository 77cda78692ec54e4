/**
 * The processes of one bench: each pinned to its cores, each stopped by its own id.
 *
 * Whoever makes a set of them ends it with `stop`, whatever happened.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PRELOAD } from './contestants.ts';
import { pinned } from './cores.ts';

export interface ProcessOptions {
  readonly name: string;
  /** What Node runs. */
  readonly command: readonly string[];
  readonly cores: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

const READY_MS = 60_000;
const GRACE_MS = 5_000;

export class Processes {
  readonly #alive = new Set<ChildProcess>();

  /** Starts a process with a channel for messages. */
  start({ name, command, cores, env, nodeOptions = [] }: ProcessOptions): ChildProcess {
    const [program, ...args] = [
      ...pinned(cores),
      process.execPath,
      ...nodeOptions,
      '--import',
      PRELOAD,
      ...command,
    ];
    const child = spawn(program!, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // A terminal's Ctrl-C goes to a whole group; ours are stopped once, by us.
      detached: true,
    });
    this.#alive.add(child);
    child.once('exit', () => this.#alive.delete(child));
    child.once('error', (error) => {
      throw new Error(`${name} could not be started`, { cause: error });
    });
    return child;
  }

  /**
   * Starts a server and waits for the line of JSON that says where it serves.
   *
   * @throws {Error} when it ends before, or takes too long
   */
  async serve(options: ProcessOptions): Promise<{ readonly url: string; readonly pid: number }> {
    const child = this.start(options);
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    const url = await firstUrl(child);
    clearTimeout(timer);
    if (url === undefined) throw new Error(`${options.name} ended before it served`);
    return { url, pid: child.pid! };
  }

  /** SIGTERM to each, SIGKILL to those that ignore it; settles when all are gone. */
  stop(): Promise<void> {
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

/** The `url` of the first line that has one; `undefined` at the end of the output. */
function firstUrl({ stdout }: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Lines after it are read too: a full pipe would stop the process.
    createInterface({ input: stdout! })
      .on('line', (line) => {
        const { url, level = '' } = parseLine(line);
        if (url !== undefined) resolve(url);
        if (WORTH_READING.has(level)) console.error(line);
      })
      .once('close', () => resolve(undefined));
  });
}

const WORTH_READING: ReadonlySet<string> = new Set(['warn', 'error', 'fatal']);

function parseLine(line: string): { readonly url?: string; readonly level?: string } {
  try {
    return JSON.parse(line) as { url?: string; level?: string };
  } catch {
    return {};
  }
}
