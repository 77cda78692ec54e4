import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFolder, filesIn, onOldNode, portico, porticoByNpm, testsOf } from './scaffolds.ts';

const CHECKOUT = relative(tmpdir() + '/folder', resolve('.'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string;
};

const FILES = [
  '.dockerignore',
  '.gitignore',
  'Dockerfile',
  'README.md',
  'bff/web/index.test.ts',
  'bff/web/index.ts',
  'gateway.config.yaml',
  'gateway.schema.json',
  'gateway.test.schema.json',
  'gateway.test.yaml',
  'package.json',
  'plugins/stamp.test.ts',
  'plugins/stamp.ts',
  'tsconfig.json',
];

describe('portico init', { timeout: 60_000 }, () => {
  test('makes a gateway whose config is valid and whose tests pass', () => {
    const folder = emptyFolder();
    const { status, stdout, stderr } = portico(folder, 'init');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('wrote gateway.config.yaml\n');
    expect(filesIn(folder)).toEqual(FILES);
    expect(portico(folder, 'validate', '--strict').stdout).toBe('gateway.config.yaml is valid\n');
    const tests = testsOf(folder);
    expect(tests.stdout).toMatch(/^ℹ pass 5$/m);
    expect(tests.status).toBe(0);
  });

  test('makes cases for its config that pass', () => {
    const folder = emptyFolder();
    portico(folder, 'init');
    expect(portico(folder, 'test')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^3 passed \(/m) as string,
    });
  });

  test('leaves no word of a template', () => {
    const folder = emptyFolder();
    portico(folder, 'init', 'My Shop');
    const shop = join(folder, 'My Shop');
    for (const file of FILES.filter((name) => !name.endsWith('.schema.json'))) {
      const text = readFileSync(join(shop, file), 'utf8');
      expect(text).not.toMatch(/my-gateway|my(Bff|Plugin|Upstream)|[A-Z]_(RANGE|VERSION)/);
    }
    expect(JSON.parse(readFileSync(join(shop, 'package.json'), 'utf8'))).toMatchObject({
      name: 'my-shop',
      dependencies: { portico: expect.stringMatching(/^\^\d+\.\d+\.\d+$/) as string },
    });
  });

  test.each([
    ['.', [`npm pack ${CHECKOUT} --pack-destination .`]],
    ['edge/shop', [`npm pack ${CHECKOUT} --pack-destination edge/shop`, 'cd edge/shop']],
    ["a'b", [`npm pack ${CHECKOUT} --pack-destination 'a'\\''b'`, `cd 'a'\\''b'`]],
  ])('says what to do in %s, where this checkout is not installed by npm', (name, steps) => {
    const { stdout } = portico(emptyFolder(), 'init', name);
    const install = `npm install ./portico-${version}.tgz`;
    const all = [...steps, install, 'npm test', 'npx portico validate', 'npx portico dev'];
    expect(stdout).toMatch(/^wrote /);
    expect(stdout.slice(stdout.indexOf('Next:'))).toBe(`Next:\n  ${all.join('\n  ')}\n`);
  });

  test.each([
    ['npm/10.8.2 node/v20.20.2 linux x64', ['npm install --save-dev node@24', 'npm test']],
    ['npm/11.19.1 node/v24.0.0 linux x64', ['npm test']],
  ])('gives the project a Node.js of its own where npm runs on one too old: %s', (agent, steps) => {
    const { stdout } = porticoByNpm(emptyFolder(), agent, 'init');
    const install = `npm install ./portico-${version}.tgz\n  `;
    expect(stdout.split(install)[1]).toMatch(new RegExp(`^${steps.join(String.raw`\n  `)}\n`));
  });

  test('fails its tests on a Node.js that would find none of them', () => {
    const folder = emptyFolder();
    portico(folder, 'init');
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const { status, stdout, stderr } = onOldNode(folder, scripts['test']!);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^portico needs Node\.js 24 or newer; this is v20\.20\.2/);
  });

  test('has the options of its own plugin in the schema', () => {
    const folder = emptyFolder();
    portico(folder, 'init');
    expect(readFileSync(join(folder, 'gateway.schema.json'), 'utf8')).toContain('"stamp"');
  });

  test('names the files in the way, and writes nothing', () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'README.md'), 'mine');
    writeFileSync(join(folder, 'bff'), 'a file');
    symlinkSync('nowhere', join(folder, 'package.json'));
    expect(portico(folder, 'init')).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'nothing was written, because files are in the way in this folder:\n  README.md\n  bff\n  package.json\n',
    });
    expect(filesIn(folder)).toEqual(['README.md', 'bff', 'package.json']);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('mine');
  });

  test('takes a folder with other files', () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'bff'));
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(portico(folder, 'init').status).toBe(0);
    expect(filesIn(folder)).toEqual([...FILES, 'notes.txt'].toSorted());
  });

  test('refuses a folder that is a file', () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'taken'), '');
    expect(portico(folder, 'init', 'taken')).toMatchObject({
      status: 1,
      stderr: 'the folder taken cannot be made: it is a file\n',
    });
  });
});
