/** The processes of one bench: each ends with it, however that ended. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessOptions, ProcessSet, type SpawnOptions } from '../src/load/process-set.ts';

export interface Served {
  /** Its origin. */
  readonly url: string;
  readonly pid: number;
}

/** Loaded into each process of Node. */
const PRELOAD = new URL('with-parent.ts', import.meta.url).href;
const READY_MS = 60_000;
const LOOK_MS = 50;

export class Processes extends ProcessSet {
  readonly #gone = new WeakSet<ChildProcess>();

  override start(options: ProcessOptions): ChildProcess {
    const nodeOptions = [...(options.nodeOptions ?? []), '--import', PRELOAD];
    return super.start({ output: 'pipe', ...options, nodeOptions });
  }

  protected override spawn(options: SpawnOptions): ChildProcess {
    const child = super.spawn(options);
    child.once('exit', () => this.#gone.add(child));
    child.once('error', (error) => {
      throw new Error(`${options.name} could not be started`, { cause: error });
    });
    return child;
  }

  /**
   * Starts a server and waits for the line of JSON that says where it serves.
   *
   * @param outputFile gets its standard output; without it, the bench reads that
   * @throws {Error} when it ends before, or takes too long
   */
  async serve(options: ProcessOptions, outputFile?: string): Promise<Served> {
    const output = outputFile === undefined ? 'pipe' : openSync(outputFile, 'a');
    const child = this.start({ ...options, output });
    if (typeof output === 'number') closeSync(output);
    const url = await this.#inTime(options.name, child, (isGone) =>
      outputFile === undefined ? firstUrl(child) : urlInFile(outputFile, isGone),
    );
    return { url, pid: child.pid! };
  }

  /** The same for a program other than Node, which says nothing: until it accepts connections at `url`. */
  async serveAt(url: string, options: Omit<SpawnOptions, 'stdio'>): Promise<Served> {
    // It knows nothing of the bench: the system ends it with us.
    const words = ['setpriv', '--pdeathsig', 'TERM', '--', ...options.words];
    // It has much to say that nobody needs, unless it fails.
    const child = this.spawn({ ...options, words, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = lastWords(child);
    await this.#inTime(options.name, child, (isGone) => acceptedAt(url, isGone), said);
    return { url, pid: child.pid! };
  }

  async #inTime<T>(
    name: string,
    child: ChildProcess,
    served: (isGone: () => boolean) => Promise<T | undefined>,
    said = () => '',
  ): Promise<T> {
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    const value = await served(() => this.#gone.has(child));
    clearTimeout(timer);
    if (value === undefined) throw new Error(`${name} ended before it served ${said()}`.trimEnd());
    return value;
  }
}

/** Reads what a program writes, and keeps the end of it. */
function lastWords({ stdout, stderr }: ChildProcess): () => string {
  let words = '';
  for (const stream of [stdout, stderr]) {
    stream
      ?.setEncoding('utf8')
      .on('data', (text: string) => (words = (words + text).slice(-2_000)));
  }
  return () => words;
}

/** The `url` in a file that a process writes; `undefined` where the process ends without one. */
async function urlInFile(file: string, isGone: () => boolean): Promise<string | undefined> {
  while (!isGone()) {
    const lines = readFileSync(file, 'utf8').split('\n');
    const { url } = lines.map(parseLine).find((line) => line.url !== undefined) ?? {};
    if (url !== undefined) return url;
    await sleep(LOOK_MS);
  }
  return undefined;
}

/** `true` once something accepts connections there; `undefined` where the process ends before. */
async function acceptedAt(url: string, isGone: () => boolean): Promise<true | undefined> {
  const { hostname, port } = new URL(url);
  while (!isGone()) {
    if (await accepts(hostname, Number(port))) return true;
    await sleep(LOOK_MS);
  }
  return undefined;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
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
