import {
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Run, run } from '../cli/run.ts';
import { emptyFolder, filesIn, portico, testsOf } from './scaffolds.ts';

const CONFIG = 'gateway.config.yaml';
/** What the author has written. */
const WRITTEN = `version: 1
# behind us
upstreams:
  orders:   {targets: [http://127.0.0.1:9]}   # one
  stock: { targets: [http://127.0.0.1:9] }
routes:
  shop: { match: { path: /shop }, upstream: orders }
`;

let folder: string;
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** The config of the folder, whose name is the only one of `args` that is relative to it. */
const configOption = (args: readonly string[]): string[] => {
  const at = args.indexOf('-c') + 1;
  return ['-c', join(folder, at > 0 ? args[at]! : CONFIG)];
};

/** Runs `portico new` without a process; the folder is cut from what it says. */
async function runNew(...args: readonly string[]): Promise<Run> {
  const { code, out, err } = await run(['new', ...args, ...configOption(args)]);
  const cut = (texts: readonly string[]): string[] =>
    texts.map((text) => text.replaceAll(`${folder}/`, ''));
  return { code, out: cut(out), err: cut(err) };
}

beforeEach(() => {
  folder = emptyFolder();
  writeFileSync(join(folder, CONFIG), WRITTEN);
});

describe('portico new', { timeout: 60_000 }, () => {
  test('adds a BFF, with a test that passes, and mounts it', () => {
    expect(portico(folder, 'new', 'bff', 'mobile')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: [
        'wrote bff/mobile/index.test.ts',
        'wrote bff/mobile/index.ts',
        `added routes.mobile to ${CONFIG}`,
        'Next: it calls the upstream "orders": GET /mobile/hello/1\n',
      ].join('\n'),
    });
    const route = '  mobile:\n    match: { path: /mobile/* }\n    bff: ./bff/mobile/index.ts\n';
    expect(textOf(CONFIG)).toBe(WRITTEN + route);
    expect(portico(folder, 'validate', '--strict')).toMatchObject({ status: 0, stderr: '' });
    expect(testsOf(folder)).toMatchObject({ status: 0 });
  });

  test('adds a plugin, with a test that passes, and registers it', () => {
    const { status, stdout } = portico(folder, 'new', 'plugin', 'tenant');
    expect(status).toBe(0);
    expect(stdout).toContain('Next: switch it on with a key of a route: tenant: { text: hello }\n');
    expect(textOf(CONFIG)).toBe(
      `${WRITTEN}\nplugins:\n  tenant:\n    module: ./plugins/tenant.ts\n`,
    );
    expect(portico(folder, 'validate', '--strict')).toMatchObject({ status: 0, stderr: '' });
    expect(testsOf(folder)).toMatchObject({ status: 0 });
  });

  test('calls the upstream that is asked for', async () => {
    await runNew('bff', 'mobile', '--upstream', 'stock');
    expect(textOf('bff/mobile/index.ts')).toContain(`defineBff({ upstreams: ['stock'] }`);
  });

  test('writes the schema anew, where there is one', () => {
    writeFileSync(join(folder, 'gateway.schema.json'), '{}');
    portico(folder, 'new', 'plugin', 'tenant');
    expect(textOf('gateway.schema.json')).toContain('"tenant"');
  });

  test('prints the lines where the config cannot be changed safely', async () => {
    const text = `{ version: 1, upstreams: { a: { targets: ['http://127.0.0.1:9'] } } }\n`;
    writeFileSync(join(folder, CONFIG), text);
    const { code, out } = await runNew('plugin', 'tenant');
    expect(code).toBe(0);
    expect(out).toContain(
      `${CONFIG} could not be changed safely. Add to it:\nplugins:\n  tenant:\n    module: ./plugins/tenant.ts`,
    );
    expect(textOf(CONFIG)).toBe(text);
  });

  test('changes the file that a link leads to', async () => {
    renameSync(join(folder, CONFIG), join(folder, 'real.yaml'));
    symlinkSync('real.yaml', join(folder, CONFIG));
    await runNew('plugin', 'tenant');
    expect(lstatSync(join(folder, CONFIG)).isSymbolicLink()).toBe(true);
    expect(textOf('real.yaml')).toContain('tenant:');
    expect(filesIn(folder)).not.toContainEqual(expect.stringContaining('.tmp'));
  });

  test.each([
    [
      ['bff', '9lives'],
      2,
      '"9lives" cannot name a BFF: use letters, digits, - and _, starting with a letter',
    ],
    [
      ['bff', '../up'],
      2,
      '"../up" cannot name a BFF: use letters, digits, - and _, starting with a letter',
    ],
    [
      ['plugin', 'a.b'],
      2,
      '"a.b" cannot name a plugin: use letters, digits, - and _, starting with a letter',
    ],
    [['plugin', 'match'], 2, 'a plugin cannot be called "match"'],
    [['plugin', 'jwt'], 2, 'there is a built-in plugin "jwt": choose another name'],
    [['bff', 'shop'], 1, `${CONFIG}:7 has routes.shop already: choose another name`],
    [
      ['bff', 'a', '--upstream', 'stokc'],
      1,
      `${CONFIG} has no upstream "stokc"; did you mean "stock"?`,
    ],
    [
      ['bff', 'a', '-c', 'other.yaml'],
      78,
      'there is no other.yaml: name the config with -c, or start with portico init',
    ],
  ])('refuses %j', async (args, code, message) => {
    expect(await runNew(...args)).toEqual({ code, out: [], err: [message] });
    expect(filesIn(folder)).toEqual([CONFIG]);
    expect(textOf(CONFIG)).toBe(WRITTEN);
  });

  test('refuses an upstream of the config whose name is none', async () => {
    writeFileSync(join(folder, CONFIG), `upstreams: { "a'b": {} }\n`);
    const { code, err } = await runNew('bff', 'mobile');
    expect([code, err]).toEqual([
      1,
      [`"a'b" cannot name an upstream: use letters, digits, - and _, starting with a letter`],
    ]);
    expect(filesIn(folder)).toEqual([CONFIG]);
  });

  test('refuses a file that is there already', () => {
    portico(folder, 'new', 'plugin', 'tenant');
    writeFileSync(join(folder, CONFIG), WRITTEN);
    expect(portico(folder, 'new', 'plugin', 'tenant')).toMatchObject({
      status: 1,
      stderr:
        'nothing was written, because files are in the way in this folder:\n  plugins/tenant.test.ts\n  plugins/tenant.ts\n',
    });
    expect(textOf(CONFIG)).toBe(WRITTEN);
  });

  test('refuses a config that cannot be read, with its faults', () => {
    writeFileSync(join(folder, CONFIG), 'routes: [\n');
    const { status, stderr } = portico(folder, 'new', 'bff', 'mobile');
    expect(status).toBe(78);
    expect(stderr).toMatch(/^gateway\.config\.yaml:\d+:\d+ .*\n1 fault\nnothing was written\n$/);
    expect(existsSync(join(folder, 'bff'))).toBe(false);
  });
});
