import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { bound, size } from '../helpers/figures.ts';
import { pipelinedLoad } from '../helpers/pipelined-load.ts';
import { quietPort } from '../helpers/quiet-port.ts';

const MAIN = path.resolve(process.env['PORTICO_MAIN'] ?? 'src/main.ts');
const REQUESTS = size('LOG_REQUESTS', 40_000, 1_000_000);
const PATIENCE_MS = bound(600_000, 60_000);
/** The grace is 1 s, and the log has another one. */
const ENDS_WITHIN_MS = bound(2_000, 6_000);

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly dropped: () => Promise<number>;
  readonly memoryMiB: () => number;
  /** @returns the exit code, the signal it died of, and how long that took */
  readonly stop: () => Promise<{ code: number | null; signal: string | null; ms: number }>;
}

/** A gateway that answers by itself, whose output goes where `stdio` says. */
async function serve(
  stdout: number | 'pipe',
  { stderr = 'inherit', extra = {} }: { stderr?: number | 'pipe' | 'inherit'; extra?: object } = {},
  folder = mkdtempSync(path.join(tmpdir(), 'portico-log-')),
): Promise<Served> {
  const [port, adminPort] = [await quietPort(), await quietPort()];
  const file = path.join(folder, 'gateway.config.yaml');
  const config = {
    version: 1,
    server: { host: '127.0.0.1', port, shutdown: { grace: '1s' } },
    admin: { port: adminPort },
    routes: { fixed: { match: { path: '/fixed' }, respond: { status: 200, body: 'well' } } },
    ...extra,
  };
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, 'start', '--config', file], {
    stdio: ['ignore', stdout, stderr],
    env: COMPILE_CACHE,
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const [url, admin] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${adminPort}`];
  await expect
    .poll(() => fetch(`${admin}/readyz`).then(({ status }) => status, String), { timeout: 40_000 })
    .toBe(200);
  return {
    url,
    child,
    dropped: async () => {
      const text = await (await fetch(`${admin}/metrics`)).text();
      return Number(/^portico_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
    },
    memoryMiB: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
    },
    stop: async () => {
      const since = performance.now();
      const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      return { code, signal, ms: performance.now() - since };
    },
  };
}

function opened(file: string): number {
  const fd = openSync(file, 'w');
  onTestFinished(() => closeSync(fd));
  return fd;
}

const statusOf = async (url: string): Promise<number> => (await fetch(`${url}/fixed`)).status;

describe('a log that nobody takes', { timeout: PATIENCE_MS }, () => {
  test('on a full disk: the gateway serves, counts what it drops, and ends on SIGTERM', async () => {
    const gateway = await serve(opened('/dev/full'), { stderr: opened('/dev/full') });
    await pipelinedLoad(gateway.url, '/fixed', 20_000);
    expect(await statusOf(gateway.url)).toBe(200);
    expect(await gateway.dropped()).toBeGreaterThan(0);
    const { code, ms } = await gateway.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(ENDS_WITHIN_MS);
  });

  test(
    `with a reader that stalls: ${REQUESTS} requests are served in as little memory as without a log`,
    { timeout: 2 * PATIENCE_MS },
    async () => {
      const quiet = await serve(opened('/dev/null'));
      await pipelinedLoad(quiet.url, '/fixed', REQUESTS);
      const quietMiB = quiet.memoryMiB();
      await quiet.stop();

      const gateway = await serve('pipe');
      await pipelinedLoad(gateway.url, '/fixed', REQUESTS);
      const growthMiB = gateway.memoryMiB() - quietMiB;
      const dropped = await gateway.dropped();
      if (bound(1, 0) === 1) console.log({ requests: REQUESTS, quietMiB, growthMiB, dropped });
      expect(dropped).toBeGreaterThan(0);
      expect(growthMiB).toBeLessThan(bound(20, 60));

      const { code, ms } = await gateway.stop();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(ENDS_WITHIN_MS);
    },
  );

  test('with a reader that stalls and comes back: one line says how many lines were dropped', async () => {
    const gateway = await serve('pipe');
    await pipelinedLoad(gateway.url, '/fixed', 20_000);
    const dropped = await gateway.dropped();
    let text = '';
    gateway.child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await expect.poll(() => /"lines":\d+/.exec(text)?.[0]).toBe(`"lines":${dropped}`);
    expect(await statusOf(gateway.url)).toBe(200);
    await gateway.stop();

    const lines = text.trim().split('\n');
    const notices = lines.map((line) => JSON.parse(line) as { msg: string; level: string });
    expect(notices.filter(({ msg }) => msg.includes('were dropped'))).toMatchObject([
      { level: 'warn', lines: dropped },
    ]);
    expect(notices.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('with a reader that is gone: the gateway serves on, and ends on SIGTERM', async () => {
    const gateway = await serve('pipe', { stderr: 'pipe' });
    gateway.child.stdout!.destroy();
    gateway.child.stderr!.destroy();
    await pipelinedLoad(gateway.url, '/fixed', 20_000);
    expect(await statusOf(gateway.url)).toBe(200);
    expect(await gateway.dropped()).toBeGreaterThan(0);
    expect(await gateway.stop()).toMatchObject({ code: 0 });
  });

  test('ends at once on a second signal', async () => {
    const gateway = await serve('pipe');
    await pipelinedLoad(gateway.url, '/fixed', 20_000);
    const stopped = gateway.stop();
    await sleep(150);
    gateway.child.kill('SIGTERM');
    const { code, ms } = await stopped;
    expect(code).toBe(1);
    expect(ms).toBeLessThan(bound(700, 3_000));
  });

  test.each(['stalled', 'gone', 'full'])(
    'holds for what plugins write to the console too, where it is %s',
    async (kind) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'portico-log-'));
      writeFileSync(
        path.join(folder, 'chatty.ts'),
        `import { definePlugin, z } from 'portico';
         const text = 'x'.repeat(100_000);
         export default definePlugin({
           name: 'chatty', settings: z.strictObject({}), options: z.strictObject({}),
           register: () => ({
             route: () => ({
               phase: 'request',
               onRequest: () => { console.log(text); console.error(text); },
             }),
           }),
         });`,
      );
      const route = { match: { path: '/fixed' }, respond: { status: 200 }, chatty: {} };
      const extra = { plugins: { chatty: { module: './chatty.ts' } }, routes: { fixed: route } };
      const to = kind === 'full' ? opened('/dev/full') : 'pipe';
      const gateway = await serve(to, { stderr: to, extra }, folder);
      if (kind === 'gone') {
        gateway.child.stdout!.destroy();
        gateway.child.stderr!.destroy();
      }
      await pipelinedLoad(gateway.url, '/fixed', 1_000);
      expect(await gateway.dropped()).toBeGreaterThan(0);
      expect(await gateway.stop()).toMatchObject({ code: 0 });
    },
  );
});
