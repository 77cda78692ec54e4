/** Files as editors, deployments and Kubernetes change them. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { complete, CONFIG, respond, startReloading } from './reloading.ts';

const A = { routes: { a: respond('/a') } };
const B = { routes: { b: respond('/b') } };
const text = (config: object): string => JSON.stringify(complete(config as never));
/** Longer than the pause after the last event. */
const QUIET_MS = 600;

describe('a config is read again', () => {
  test.each([
    ['writes it in place', (file: string) => writeFileSync(file, text(B))],
    [
      'writes another file and moves it there (vim, sed -i)',
      (file: string) => {
        writeFileSync(`${file}.tmp`, text(B));
        renameSync(`${file}.tmp`, file);
      },
    ],
    [
      'moves the old one away and writes a new one (emacs)',
      (file: string) => {
        renameSync(file, `${file}~`);
        writeFileSync(file, text(B));
      },
    ],
    [
      'removes it and writes a new one',
      (file: string) => {
        unlinkSync(file);
        writeFileSync(file, text(B));
      },
    ],
  ])('when an editor %s', async (_how, save) => {
    const { folder, status } = await startReloading(A, { watch: true });
    save(join(folder, CONFIG));
    await expect.poll(() => status('/b')).toBe(200);
  });

  test('when Kubernetes switches the link of a ConfigMap', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'portico-map-'));
    onTestFinished(() => rmSync(mount, { recursive: true }));
    const version = (name: string, config: object): void => {
      mkdirSync(join(mount, name));
      writeFileSync(join(mount, name, CONFIG), text(config));
    };
    version('..1', A);
    symlinkSync('..1', join(mount, '..data'));
    symlinkSync(join('..data', CONFIG), join(mount, CONFIG));
    const { log } = recordingLog();
    const file = join(mount, CONFIG);
    const gateway = await createGateway({ file, environment: {}, log, watch: true });
    await gateway.listen();
    onTestFinished(async () => void (await gateway.close()));

    version('..2', B);
    symlinkSync('..2', join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    rmSync(join(mount, '..1'), { recursive: true });

    await expect.poll(async () => (await fetch(`${gateway.url}/b`)).status).toBe(200);
  });

  test('when a file that it includes changes, comes or goes', async () => {
    const config = { include: ['routes/*.yaml'], ...A };
    const files = { 'routes/b.yaml': { routes: { b: respond('/b') } } };
    const { folder, write, status } = await startReloading(config, { watch: true, files });
    expect(await status('/b')).toBe(200);
    write('routes/b.yaml', { routes: { b: respond('/b', 201) } });
    await expect.poll(() => status('/b')).toBe(201);
    write('routes/c.yaml', { routes: { c: respond('/c') } });
    await expect.poll(() => status('/c')).toBe(200);
    unlinkSync(join(folder, 'routes/c.yaml'));
    await expect.poll(() => status('/c')).toBe(404);
  });

  test('when a file whose content is a value changes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-secret-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, 'status');
    writeFileSync(secret, '200');
    const body = `\${file:${secret}}`;
    const route = { match: { path: '/a' }, respond: { status: 200, body } };
    const { url } = await startReloading({ routes: { route } }, { watch: true });
    const answer = async (): Promise<string> => (await fetch(`${url}/a`)).text();
    expect(await answer()).toBe('200');
    writeFileSync(secret, 'changed');
    await expect.poll(answer).toBe('changed');
  });
});

test('a faulty config is refused once, and its mended form applied', async () => {
  const { write, status, log, gateway } = await startReloading(A, { watch: true });
  write(CONFIG, '{');
  await expect.poll(() => gateway.status().reload?.result).toBe('rejected');
  await sleep(QUIET_MS);
  const refused = (): number => log.text().split('config rejected').length - 1;
  expect([await status('/a'), refused()]).toEqual([200, 1]);
  write(CONFIG, complete(B));
  await expect.poll(() => status('/b')).toBe(200);
  expect(refused()).toBe(1);
});

test('what is saved again unchanged is no change', async () => {
  const { folder, gateway } = await startReloading(A, { watch: true });
  const file = join(folder, CONFIG);
  writeFileSync(file, readFileSync(file));
  writeFileSync(join(folder, 'neighbour'), 'x');
  await sleep(QUIET_MS);
  expect(gateway.status().reload).toBeUndefined();
});

test('without watching, only who asks is heard', async () => {
  const { write, gateway, status } = await startReloading(A);
  write(CONFIG, complete(B));
  await sleep(QUIET_MS);
  expect(await status('/b')).toBe(404);
  await gateway.reload('signal');
  expect(await status('/b')).toBe(200);
});

test('a folder in which something happens all the time hides no change', async () => {
  const { folder, write, status } = await startReloading(A, { watch: true });
  const timer = setInterval(() => writeFileSync(join(folder, 'busy.log'), String(Date.now())), 50);
  onTestFinished(() => clearInterval(timer));
  write(CONFIG, complete(B));
  await expect.poll(() => status('/b'), { timeout: 8_000 }).toBe(200);
});
