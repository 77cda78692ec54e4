import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quietPort } from '../helpers/quiet-port.ts';
import { ask } from './shop.ts';

const MODULE = fileURLToPath(new URL('../../demo/service.ts', import.meta.url));

/** Such that payments gets `port`. */
const baseFor = (port: number) => ({ ...process.env, DEMO_PORT_BASE: String(port - 4) });

/** Ends with the test at the latest. */
function owned<T extends ChildProcess>(child: T): T {
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = owned(spawn(process.execPath, [MODULE, ...args], { env }));
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: code as unknown, said: said.trim() };
}

describe('a service as a process', () => {
  test.each([[[]], [['paymets']]])(
    'started with %j names the services and exits 2',
    async (args) => {
      const { code, said } = await run(args, process.env);
      expect(code).toBe(2);
      expect(said).toMatch(
        /: one of issuer, users, catalog, orders, payments, inventory, recommendations, monolith, shipping$/,
      );
    },
  );

  test('refuses ports that are none with exit code 2', async () => {
    const { code, said } = await run(['users'], { ...process.env, DEMO_PORT_BASE: 'x' });
    expect({ code, said }).toMatchObject({
      code: 2,
      said: expect.stringContaining('DEMO_PORT_BASE="x" is not a port') as unknown,
    });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('says where it is, and stops on %s', async (signal) => {
    const port = await quietPort();
    const child = owned(spawn(process.execPath, [MODULE, 'payments'], { env: baseFor(port) }));
    const [line] = (await once(child.stdout, 'data')) as unknown[];
    expect(String(line)).toBe(`payments: http://127.0.0.1:${port} (pid ${child.pid})\n`);
    expect((await ask(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('says which port is taken and exits 1', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, said } = await run(['payments'], baseFor(port));
    expect(code).toBe(1);
    expect(said).toContain(`payments: port ${port} on 127.0.0.1 is already in use`);
  });

  test('forked, it ends with its parent', async () => {
    const port = await quietPort();
    const options = { env: baseFor(port), execArgv: [], silent: true };
    const child = owned(fork(MODULE, ['payments'], options));
    await once(child.stdout ?? child, 'data');

    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
