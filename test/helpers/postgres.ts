/**
 * A real Postgres for one file of tests, on a free port, that can be killed, frozen and started again.
 *
 * Where there is none, tests that need it are skipped by name; in CI they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { quietPort } from './quiet-port.ts';

/** Debian's, the newest one; its tools are not in the PATH. */
const BIN = globSync('/usr/lib/postgresql/*/bin/initdb')
  .toSorted()
  .at(-1)
  ?.replace(/initdb$/, '');

export const describePostgres = describe.skipIf(
  BIN === undefined && process.env['CI'] === undefined,
);

/** It refuses to run as root. */
const USER = process.getuid?.() === 0 ? idOf('nobody') : undefined;

function idOf(user: string): { readonly uid: number; readonly gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout),
  );
  return { uid: uid!, gid: gid! };
}

export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'portico-pg-'));
    if (USER !== undefined) chownSync(this.#folder, USER.uid, USER.gid);
    const made = spawnSync(
      `${BIN}initdb`,
      ['-D', this.#folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
      { ...USER, encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  }

  /** Of one database; each test takes its own. */
  url(database = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** A new, empty database. */
  database(name: string): string {
    this.sql(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** What the statement gives, a line a row. */
  sql(text: string, database = 'postgres'): string {
    const args = ['-XAtq', '-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'postgres', database];
    const ran = spawnSync(`${BIN}psql`, [...args, '-c', text], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return ran.stdout.trim();
  }

  /** All that is in a database. */
  dump(database = 'postgres'): string {
    const args = ['-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'postgres', database];
    return spawnSync(`${BIN}pg_dump`, args, { encoding: 'utf8', maxBuffer: 100_000_000 }).stdout;
  }

  async start(): Promise<void> {
    const args = ['-D', this.#folder, '-p', `${this.port}`, '-h', '127.0.0.1', '-F'];
    const settings = ['-c', 'unix_socket_directories=', '-c', 'max_connections=200'];
    this.#process = spawn(`${BIN}postgres`, [...args, ...settings], { ...USER, stdio: 'ignore' });
    await once(this.#process, 'spawn');
    while (!(await this.#answers())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** It ends at once, as in a crash. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const exit = once(running, 'exit');
    // Immediate shutdown: the others of its processes would outlive a SIGKILL for a while.
    running.kill('SIGQUIT');
    await exit;
  }

  /** It takes connections and answers nothing, until it is thawed. */
  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#signalAll('SIGCONT');
  }

  /** Each connection is a process of its own. */
  #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.#process!;
    const children = spawnSync('pgrep', ['-P', `${pid}`], { encoding: 'utf8' }).stdout;
    for (const each of [pid!, ...children.trim().split('\n').map(Number)]) {
      process.kill(each, signal);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.destroy();
        try {
          this.sql('SELECT 1');
          resolve(true);
        } catch {
          resolve(false);
        }
      });
      socket.once('error', () => resolve(false));
    });
  }
}

/** Runs until the last test of the file; to be called in `beforeAll`. */
export async function postgresServer(): Promise<PostgresServer> {
  const server = new PostgresServer(await quietPort());
  await server.start();
  return server;
}
