/** The gateway as users run it: a process of its own, started from a config file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';

export interface GatewayProcess {
  /** Its config. */
  readonly file: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly child: ChildProcess;
  /** Grows. */
  readonly log: readonly LogLine[];
  /** Most memory it has held so far, in MiB. */
  peakMiB(): number;
  /** Memory it holds now, in MiB. */
  memoryMiB(): number;
  /** Sends a signal and waits for the end. @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The sources; `PORTICO_MAIN=dist/src/main.js` after `npm run build` tries what is published. */
const MAIN = path.resolve(process.env['PORTICO_MAIN'] ?? 'src/main.ts');

/** As the demo's launcher does: sources are stripped of their types once. */

/** Starts a gateway for `config`, with `flags` for Node; it ends with the test. */
export async function startGatewayProcess(
  config: Readonly<Record<string, unknown>>,
  flags: readonly string[] = [],
  descriptors?: number,
): Promise<GatewayProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-e2e-'));
  const file = path.join(folder, 'gateway.config.yaml');
  const ports = { server: { host: '127.0.0.1', port: 0 }, admin: { port: 0 } };
  const server = { ...ports.server, ...(config['server'] as object | undefined) };
  writeFileSync(file, JSON.stringify({ version: 1, ...ports, ...config, server }));
  const command = [process.execPath, ...flags, MAIN, 'start', '--config', file];
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: COMPILE_CACHE,
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  // Not `exit`: what it wrote last may still be on its way by then.
  const closed = once(child, 'close');
  const log: LogLine[] = [];
  const { url, admin } = await serving(child, log);
  const status = (field: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]) / 1_024;
  };
  return {
    file,
    url,
    adminUrl: admin,
    child,
    log,
    peakMiB: () => status('VmHWM'),
    memoryMiB: () => status('VmRSS'),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}

export interface LogLine {
  readonly msg: string;
  readonly level: string;
}

interface Serving {
  readonly url: string;
  readonly admin: string;
}

/** Waits for the line that says it serves; access lines are dropped. */
async function serving(child: ChildProcess, log: LogLine[]): Promise<Serving> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as Serving & LogLine;
      if (entry.msg !== 'request') log.push(entry);
      if (entry.msg === 'serving') resolve(entry);
    });
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  });
}
