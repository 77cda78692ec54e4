/** The processes of one bench: each ends with it, however that ended. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ProcessOptions, ProcessSet } from '../src/load/process-set.ts';
import { PRELOAD } from './contestants.ts';

const READY_MS = 60_000;

export class Processes extends ProcessSet {
  override start(options: ProcessOptions): ChildProcess {
    const nodeOptions = [...(options.nodeOptions ?? []), '--import', PRELOAD];
    const child = super.start({ ...options, nodeOptions, output: 'pipe' });
    child.once('error', (error) => {
      throw new Error(`${options.name} could not be started`, { cause: error });
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
