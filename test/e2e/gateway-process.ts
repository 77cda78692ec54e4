/** The gateway as users run it: a process of its own, started from a config file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly child: ChildProcess;
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
const COMPILE_CACHE = path.resolve('node_modules/.cache/portico');

/** Starts a gateway for `config`, with `flags` for Node; it ends with the test. */
export async function startGatewayProcess(
  config: Readonly<Record<string, unknown>>,
  flags: readonly string[] = [],
): Promise<GatewayProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-e2e-'));
  const file = path.join(folder, 'gateway.config.yaml');
  const ports = { server: { host: '127.0.0.1', port: 0 }, admin: { port: 0 } };
  const server = { ...ports.server, ...(config['server'] as object | undefined) };
  writeFileSync(file, JSON.stringify({ version: 1, ...ports, ...config, server }));
  const child = spawn(process.execPath, [...flags, MAIN, 'start', '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const { url, admin } = await serving(child);
  const status = (field: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]) / 1_024;
  };
  return {
    url,
    adminUrl: admin,
    child,
    peakMiB: () => status('VmHWM'),
    memoryMiB: () => status('VmRSS'),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  };
}

interface Serving {
  readonly url: string;
  readonly admin: string;
}

/** Waits for the line that says it serves; the rest of its output is read and dropped. */
async function serving(child: ChildProcess): Promise<Serving> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as Serving & { readonly msg: string };
      if (entry.msg === 'serving') resolve(entry);
    });
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  });
}
