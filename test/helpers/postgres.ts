/**
 * A real Postgres for tests, on a free port, that can be killed, frozen and started again.
 *
 * Where there is none, tests that need it are skipped by name; in CI they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
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
  /** Where it listens, once it has started. */
  port = 0;
  #folder = '';
  #process: ChildProcess | undefined;

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

  /** With what it had, from the second time on. */
  async start(): Promise<void> {
    if (this.port === 0) {
      this.#folder = mkdtempSync(join(tmpdir(), 'portico-pg-'));
      fillWithCluster(this.#folder);
      this.port = await quietPort();
    }
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
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true });
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

/** Runs from the first test of the file, or of the group, to the last. */
export function ownPostgres(): PostgresServer {
  const server = new PostgresServer();
  beforeAll(() => server.start(), START_MS);
  afterAll(() => stop(server));
  return server;
}

/** Runs until the test that starts it ends. */
export async function postgresForTest(): Promise<PostgresServer> {
  const server = new PostgresServer();
  onTestFinished(() => stop(server));
  await server.start();
  return server;
}

const START_MS = 60_000;

async function stop(server: PostgresServer): Promise<void> {
  await server.kill();
  server.remove();
}

/** Made once, and copied for each server: making one takes a second. */
const CLUSTER = join(
  process.cwd(),
  'node_modules/.cache/portico-postgres',
  BIN?.split('/').at(-3) ?? '',
);

/** `folder` becomes an empty cluster, of the user by whom Postgres runs. */
function fillWithCluster(folder: string): void {
  if (USER !== undefined) chownSync(folder, USER.uid, USER.gid);
  if (existsSync(CLUSTER)) return copyFolder(CLUSTER, folder);
  const args = ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
  const made = spawnSync(`${BIN}initdb`, args, {
    ...USER,
    encoding: 'utf8',
    env: { LC_ALL: 'C.UTF-8' },
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  mkdirSync(dirname(CLUSTER), { recursive: true });
  const copy = mkdtempSync(`${CLUSTER}-`);
  copyFolder(folder, copy);
  try {
    renameSync(copy, CLUSTER);
  } catch {
    // Another file of tests was faster.
    rmSync(copy, { recursive: true });
  }
}

/** With modes and owners, about which Postgres is strict. */
function copyFolder(from: string, to: string): void {
  const copied = spawnSync('cp', ['-a', `${from}/.`, to], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`cp: ${copied.stderr}`);
}
