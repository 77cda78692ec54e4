/** Gateways as processes of their own, which can be killed, paused and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { quietPort } from '../helpers/quiet-port.ts';
import { configOf, type Section, Shop, type ShopOptions } from './gateways.ts';

const PLUGIN = resolve('test/operations/who.ts');
/** As users run it: types are stripped once. */

/** Three at once start slowly on a busy machine. */
export const PATIENCE_MS = 240_000;

export interface ProcessOptions extends Omit<ShopOptions, 'log'> {
  /** Further keys of the config, such as more upstreams. */
  readonly more?: Section;
}

export class GatewayProcess extends Shop {
  readonly #file: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    super(`http://127.0.0.1:${port}`);
    this.#folder = folder;
    this.#file = join(folder, 'gateway.config.yaml');
  }

  /** Its store is open; it ends with the test. */
  static async start({ more, ...options }: ProcessOptions): Promise<GatewayProcess> {
    const port = await quietPort();
    const gateway = new GatewayProcess(port, mkdtempSync(join(tmpdir(), 'portico-process-')));
    const store = { heartbeat: '200ms', dead: '1s', ...options.store };
    const config = {
      version: 1,
      server: { host: '127.0.0.1', port, shutdown: { grace: '5s' } },
      admin: false,
      telemetry: { logs: { level: 'silent' } },
      plugins: { who: { module: PLUGIN } },
      ...configOf({ ...options, store }),
      ...more,
    };
    writeFileSync(gateway.#file, JSON.stringify(config));
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
      rmSync(gateway.#folder, { recursive: true, force: true });
    });
    gateway.run();
    await gateway.untilOpen(PATIENCE_MS);
    return gateway;
  }

  /** Starts it, or starts it again. */
  run(): void {
    this.#process = spawn(process.execPath, ['src/main.ts', 'start', '--config', this.#file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    });
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** @returns the exit code; `null` if it was killed */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const own = this.#process!;
    if (own.exitCode === null && own.signalCode === null) {
      const exit = once(own, 'exit');
      own.kill(signal);
      await exit;
    }
    return own.exitCode;
  }

  /** It stands still, and knows nothing of it. */
  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process!.kill('SIGCONT');
  }
}
