/** A gateway in a process of its own that measures itself; `startMeasuredGateway` runs this file, too. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';

export interface MeasuredGateway {
  readonly url: string;
  /** From the start of its process. */
  readonly readyMs: number;
  /** Longest time in which nothing else could run, from the reading of the config on. */
  readonly longestBlockMs: number;
  readonly memoryMiB: number;
  /** CPU time so far. */
  cpuMs(): Promise<number>;
  stop(): void;
}

type Started = Omit<MeasuredGateway, 'cpuMs' | 'stop' | 'readyMs'>;

/** Starts a gateway for a config of this text. */
export async function startMeasuredGateway(text: string): Promise<MeasuredGateway> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-measured-'));
  const file = path.join(folder, 'gateway.config.yaml');
  writeFileSync(file, text);
  const startedAt = performance.now();
  const child = fork(fileURLToPath(import.meta.url), [file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: COMPILE_CACHE,
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the gateway ended with ${code}`);
  });
  ended.catch(() => undefined);
  const told = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
    return message;
  };
  const started = await told<Started>();
  return {
    ...started,
    readyMs: performance.now() - startedAt,
    cpuMs: () => {
      child.send('cpu');
      return told<number>();
    },
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serve(file: string): Promise<void> {
  await import('../../src/cli/running-copy.ts');
  const { createGateway } = await import('../../src/gateway.ts');
  let longestBlockMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    longestBlockMs = Math.max(longestBlockMs, now - last);
    last = now;
  }, 1);
  const gateway = await createGateway({ file, environment: {} });
  await gateway.listen();
  clearInterval(watch);
  const memoryMiB = process.memoryUsage.rss() / 2 ** 20;
  const started: Started = { url: gateway.url, longestBlockMs, memoryMiB };
  process.send?.(started);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1_000);
  });
}

const [, script, file] = process.argv;
if (script === fileURLToPath(import.meta.url) && file !== undefined) await serve(file);
