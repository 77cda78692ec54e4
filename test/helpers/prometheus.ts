/**
 * A real Prometheus for one test, on a free port, and its `promtool`.
 *
 * Where they are not installed, tests that need them are skipped by name; in CI they fail.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { quietPort } from './quiet-port.ts';

const isInstalled = ['prometheus', 'promtool'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
);

export const describePrometheus = describe.skipIf(!isInstalled && process.env['CI'] === undefined);

export interface Ran {
  readonly status: number | null;
  /** All that it wrote. */
  readonly output: string;
}

export function promtool(...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

export interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: unknown;
}

export class Prometheus {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Asks its API. */
  async ask(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${this.url}/api/v1/${path}?${search}`);
    return (await response.json()) as Answer;
  }

  /** The result of a query as of now; throws what is wrong with it. */
  async query(query: string): Promise<readonly unknown[]> {
    const { status, error, data } = await this.ask('query', { query });
    if (status !== 'success') throw new Error(`${query}: ${error}`);
    return (data as { readonly result: readonly unknown[] }).result;
  }

  async rules(): Promise<readonly Rule[]> {
    const { data } = await this.ask('rules');
    const { groups } = data as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }
}

export interface Rule {
  readonly name: string;
  /** `ok` once it was evaluated without an error. */
  readonly health: string;
}

/** Runs with the config in `file`; it ends with the test. */
export async function startPrometheus(file: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-prometheus-'));
  const address = `127.0.0.1:${await quietPort()}`;
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
  ];
  const child = spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const prometheus = new Prometheus(`http://${address}`);
  const isReady = async (): Promise<boolean> =>
    fetch(`${prometheus.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isReady, { timeout: 30_000 }).toBe(true);
  return prometheus;
}
