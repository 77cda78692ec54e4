import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { folderOf } from '../config/config-files.ts';

const MAIN = join(process.cwd(), 'src/main.ts');

/** `portico ...args` as a process of its own, in `cwd`. */
function portico(args: readonly string[], cwd = process.cwd()) {
  const env = { PATH: process.env['PATH'], ...COMPILE_CACHE, REFUSED: 'hunter2-hunter2' };
  const options = { cwd, env, encoding: 'utf8', timeout: 15_000 } as const;
  return spawnSync(process.execPath, [MAIN, ...args], options);
}

describe('the process', () => {
  test('ends with 0 for a config that is valid', () => {
    expect(portico(['validate'])).toMatchObject({
      status: 0,
      stdout: 'gateway.config.yaml is valid\n',
      stderr: '',
    });
  });

  test('ends with 78 for one that is not, faults on standard error', () => {
    const config = ['--config', 'test/config/broken/unknown-keys.yaml'];
    const faults = readFileSync('test/config/broken/unknown-keys.expected.txt', 'utf8');
    for (const command of ['validate', 'start']) {
      expect(portico([command, ...config])).toMatchObject({
        status: 78,
        stdout: '',
        stderr: `${faults}18 faults\n`,
      });
    }
  });

  test('says in one line which Node.js it needs, as the package does', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly engines: { readonly node: string };
    };
    const old = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
      Object.defineProperty(process, 'version', { value: 'v20.20.2' });`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(old)}`, MAIN, 'validate'],
      { encoding: 'utf8' },
    );
    const needed = engines.node.replace('>=', '');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `portico needs Node.js ${needed} or newer; this is v20.20.2. Update it, or give this project its own: npm install --save-dev node@${needed}\n`,
    );
  });

  test('imports nothing before it has looked which Node.js it runs on', () => {
    expect(readFileSync(MAIN, 'utf8')).not.toMatch(/^(import|export|await)\b/m);
  });

  test('says nothing to a reader who has seen enough', () => {
    const command = `"${process.execPath}" "${MAIN}" schema --json | head -n 1`;
    const { stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['{\n', '']);
  });

  test('names files as seen from where it runs', () => {
    const folder = folderOf({ 'gateway.config.yaml': 'version: 2', 'a/x': '' });
    const place = (args: readonly string[], cwd: string): string | undefined =>
      portico(['validate', ...args], cwd).stderr.split('  ')[0];
    expect(place([], folder)).toBe('gateway.config.yaml:1:10');
    expect(place(['-c', join(folder, 'gateway.config.yaml')], folder)).toBe(
      'gateway.config.yaml:1:10',
    );
    expect(place(['-c', '../gateway.config.yaml'], join(folder, 'a'))).toBe(
      `${join(folder, 'gateway.config.yaml')}:1:10`,
    );
  });

  test('gives a plugin from any folder this copy of portico', () => {
    const folder = folderOf({
      'gateway.config.yaml':
        'version: 1\nplugins: { mine: { module: ./mine.ts, x: "${REFUSED}" } }',
      'mine.ts': [
        `import { definePlugin, z } from 'portico';`,
        `const settings = z.strictObject({ x: z.string().max(5) });`,
        `export default definePlugin({ name: 'mine', settings, options: z.strictObject({}),`,
        `  register: () => ({ route: () => undefined }) });`,
      ].join('\n'),
    });
    expect(portico(['validate'], folder)).toMatchObject({
      status: 78,
      stderr: [
        'gateway.config.yaml:2:42  plugins.mine.x: must be at most 5 characters long',
        '1 fault\n',
      ].join('\n'),
    });
  });

  test('writes the schema that is committed', () => {
    const { status, stdout } = portico(['schema', '--json']);
    expect(status).toBe(0);
    expect(stdout).toBe(readFileSync('gateway.schema.json', 'utf8'));
  });
});
