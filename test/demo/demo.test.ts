import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask } from './shop.ts';

const START = fileURLToPath(new URL('./fixtures/start.ts', import.meta.url));
const DONE = 'Ctrl-C stops everything.';

let used = 0;
/** The first of eleven ports in a row, below those the system gives out, and for one test alone. */
const newBase = () => 20_000 + (process.pid % 100) * 100 + 11 * used++;

function startDemo({ base = newBase(), gatewayExits = 0 } = {}) {
  const ports = { DEMO_PORT_BASE: `${base}`, PORT: `${base + 9}`, ADMIN_PORT: `${base + 10}` };
  const env = { ...process.env, ...ports };
  const child = spawn(process.execPath, [START, String(gatewayExits)], { env });
  const demo = { child, base, said: '', ended: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (demo.said += chunk.toString()));
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  return demo;
}

async function startedDemo() {
  const demo = startDemo();
  await expect.poll(() => demo.said, { timeout: 15_000 }).toContain(DONE);
  return demo;
}

/** Processes that still answer, by the port's distance from the base. */
async function answering({ base }: { base: number }): Promise<number[]> {
  const offsets = Array.from({ length: 11 }, (_, i) => i);
  const alive = await Promise.all(
    offsets.map((i) =>
      fetch(`http://127.0.0.1:${base + i}/healthz`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return offsets.filter((i) => alive[i]);
}

const pidOf = (name: string, said: string) =>
  Number(new RegExp(`^ +${name} +http\\S+ +(\\d+)$`, 'm').exec(said)?.[1]);

describe('npm start', () => {
  test('goes on without a service that dies, says how to start it, and stops it all', async () => {
    const demo = await startedDemo();
    expect(await answering(demo)).toHaveLength(11);
    expect(demo.said).toMatch(/^TOKEN=[\w-]+\.[\w-]+\.[\w-]+$/m);

    process.kill(pidOf('payments', demo.said), 'SIGKILL');
    const hint = `DEMO_PORT_BASE=${demo.base} npm run demo -- payments`;
    await expect
      .poll(() => demo.said)
      .toContain(`payments: stopped (SIGKILL); start it again with: ${hint}`);
    expect(await answering(demo)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10]);

    demo.child.kill('SIGINT');
    expect(await demo.ended).toEqual([0, null]);
    expect(await answering(demo)).toEqual([]);
  });

  test('takes a second signal that follows at once for an echo of the first', async () => {
    const demo = await startedDemo();
    demo.child.kill('SIGINT');
    demo.child.kill('SIGTERM');
    expect(await demo.ended).toEqual([0, null]);
  });

  test('leaves no orphan when it is killed', async () => {
    const demo = await startedDemo();
    demo.child.kill('SIGKILL');
    await demo.ended;
    await expect.poll(() => answering(demo)).toEqual([]);
  });

  test('ends with the exit code of a gateway that ends', async () => {
    const demo = startDemo({ gatewayExits: 78 });
    expect(await demo.ended).toEqual([78, null]);
    expect(demo.said).toContain('gateway: stopped (exit code 78); stopping the demo');
    expect(await answering(demo)).toEqual([]);
  });

  test('starts nothing where a port is taken, and names what it is for', async () => {
    const { base } = await startedDemo();
    const second = startDemo({ base });
    expect(await second.ended).toEqual([1, null]);
    expect(second.said).toContain(`demo: port ${base} is taken; it is for issuer\n`);
    expect(second.said).toContain(`demo: port ${base + 10} is taken; it is for gateway (admin)\n`);
    expect((await ask(`http://127.0.0.1:${base}/healthz`)).status).toBe(200);
  });

  test('tells the gateway where the services are', async () => {
    const { base } = await startedDemo();
    const told = await fetch(`http://127.0.0.1:${base + 10}/`);
    expect(await told.text()).toBe(`http://127.0.0.1:${base + 3}`);
  });
});
