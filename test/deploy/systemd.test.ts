/** deploy/systemd: systemd accepts the unit and finds it hardened, and it is true about config and commands. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/terminal.ts';
import { parseDuration } from '../../src/config/schema/units.ts';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import {
  bearer,
  CONFIG,
  deployedConfig,
  mounted,
  startMounted,
  statusOf,
  TOKEN,
} from './mounted.ts';

const ROOT = 'deploy/systemd';
const UNIT = readFileSync(`${ROOT}/portico.service`, 'utf8');
const CREDENTIAL = '/run/credentials/portico.service/admin-token';

/** Each value of `key`; systemd adds them up or takes the last. */
const valuesOf = (key: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
const valueOf = (key: string): string => valuesOf(key).at(-1)!;

const environmentOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
const ENVIRONMENT = environmentOf(readFileSync(`${ROOT}/portico.env`, 'utf8'));

const file = (): string => mounted([`${ROOT}/${CONFIG}`], { [CREDENTIAL]: TOKEN });

const isInstalled = spawnSync('systemd-analyze', ['--version']).status === 0;

describe.skipIf(!isInstalled && process.env['CI'] === undefined)(
  'systemd-analyze (from the package systemd)',
  () => {
    /** With programs that exist here in place of those of the machine that it is for. */
    const unit = (text: string): string =>
      join(
        folderOf({ 'portico.service': text.replaceAll('/usr/bin/node', process.execPath) }),
        'portico.service',
      );
    const analyze = (...args: readonly string[]) =>
      spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 15_000 });
    const verify = (text: string) =>
      analyze('verify', '--man=no', '--recursive-errors=no', unit(text));

    test('finds no fault in the unit, and would find a misspelt key', () => {
      const { status, stderr } = verify(UNIT);
      expect([status, stderr]).toEqual([0, '']);
      expect(verify(UNIT.replace('DynamicUser=', 'DynamikUser=')).stderr).toContain('DynamikUser');
    });

    // Of 10; the rest is that it runs code that V8 compiles, and has a network.
    test('sees an exposure of at most 1.3, and more without the hardening', () => {
      const check = (text: string) =>
        analyze('security', '--offline=true', '--threshold=13', unit(text)).status;
      expect(check(UNIT)).toBe(0);
      expect(check(UNIT.replace('CapabilityBoundingSet=\n', ''))).not.toBe(0);
    });
  },
);

test('V8 may compile, and a broken config does not make it start again and again', () => {
  expect(valueOf('MemoryDenyWriteExecute')).toBe('no');
  expect(valueOf('RestartPreventExitStatus')).toBe(`${EXIT.badConfig}`);
});

test('it is given longer to end than the gateway takes, and descriptors for its connections', async () => {
  const { shutdown, limits } = (await deployedConfig(file(), ENVIRONMENT)).server;
  const { delayMs, graceMs } = shutdown;
  expect(parseDuration(valueOf('TimeoutStopSec'))).toBeGreaterThan(delayMs + graceMs + 1_000);
  expect(Number(valueOf('LimitNOFILE'))).toBeGreaterThan(2 * limits.connections);
});

test('it loads the credential that the config names, and reads the variables that it reads', () => {
  const [name] = valueOf('LoadCredential').split(':');
  expect(CREDENTIAL).toBe(`/run/credentials/portico.service/${name}`);
  const text = readFileSync(`${ROOT}/${CONFIG}`, 'utf8');
  expect(text).toContain(`\${file:${CREDENTIAL}}`);
  const read = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, each]) => each!);
  expect(Object.keys(ENVIRONMENT).toSorted()).toEqual([...new Set(read)].toSorted());
});

test('the config is valid, and its risks are those of an API that is open to all', async () => {
  const { out, code } = await run(['audit', '--config', file(), '--json'], ENVIRONMENT);
  const rules = (JSON.parse(out.join('')) as { readonly rule: string }[]).map(({ rule }) => rule);
  expect([rules, code]).toEqual([['route-without-auth', 'no-tls'], 0]);
});

test('it starts and reloads by commands that there are', async () => {
  for (const key of ['ExecStart', 'ExecReload']) {
    const [, main, command] = /dist\/src\/(\S+)\.js (\w+) --config \/etc\/portico\//.exec(
      valueOf(key),
    )!;
    expect(main).toBe('main');
    expect((await run([command!, '--help'])).code).toBe(0);
  }
});

test('a reload succeeds with a valid config, and fails with every fault of another one', async () => {
  const path = file();
  const { gateway, admin } = await startMounted(path);
  const reload = () => run(['reload', '--config', path], { ADMIN_PORT: new URL(admin).port });
  expect((await reload()).code).toBe(EXIT.ok);
  expect(gateway.status().reload?.result).toBe('applied');
  expect(await statusOf(`${admin}/status`, bearer(TOKEN))).toBe(200);

  appendFileSync(path, '  b: { match: { path: /b }, upstrem: api }\n');
  const { code, err } = await reload();
  expect([code, err.join('\n')]).toEqual([EXIT.badConfig, expect.stringContaining('upstrem')]);
});
