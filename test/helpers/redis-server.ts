/**
 * A real redis-server for one test, on a free port, that can be killed, frozen and brought back.
 *
 * Where there is none, tests that need it are skipped by name; in CI they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, onTestFinished } from 'vitest';
import { quietPort } from './quiet-port.ts';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

export const describeRedis = describe.skipIf(!isInstalled && process.env['CI'] === undefined);

export class RedisServer {
  readonly port: number;
  #process: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    this.#process = spawn('redis-server', args, { stdio: 'ignore' });
    await once(this.#process, 'spawn');
    while (!(await answers(this.port))) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const exit = once(running, 'exit');
    running.kill('SIGKILL');
    await exit;
  }

  /** It takes connections and answers nothing, until it is thawed. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }
}

/** Runs, unless `isDown`; it ends with the test. */
export async function redisServer({ isDown = false } = {}): Promise<RedisServer> {
  const server = new RedisServer(await quietPort());
  onTestFinished(() => server.kill());
  if (!isDown) await server.start();
  return server;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}
