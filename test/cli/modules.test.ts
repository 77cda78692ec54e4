import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';

const MAIN = join(process.cwd(), 'src/main.ts');

/** What `portico validate` says of a config whose one plugin stands in `files`, without its place. */
function faultOf(files: Readonly<Record<string, string>>, module = './mine.ts'): string {
  const config = `version: 1\nplugins: { mine: { module: "${module}" } }`;
  const cwd = folderOf({ 'gateway.config.yaml': config, ...files });
  const options = { cwd, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'validate'], options);
  expect(status).toBe(78);
  const [first, ...rest] = stderr.trimEnd().split('\n');
  expect(rest).toEqual(['1 fault']);
  expect(first).toMatch(/^gateway\.config\.yaml:2:\d+ {2}plugins\.mine\.module: /);
  return first!.replace(/^.*plugins\.mine\.module: /, '');
}

const DEFINE = `import { definePlugin, z } from 'portico';\n`;

test.each([
  ['enum A {}', 'TypeScript enum is not supported in strip-only mode (mine.ts:1)'],
  ['\nexport default { a b };', /^Unexpected token .* \(mine\.ts:2\)$/],
  [`import { nope } from 'portico';`, /does not provide an export named 'nope' \(mine\.ts:1\)$/],
  ['const f = () => {\n  throw new Error("no\\nlicence");\n};\nf();', 'no (mine.ts:2)'],
  [`throw 'no licence';`, 'no licence'],
  ['throw undefined;', 'undefined was thrown'],
  [`import './lib/other.ts';`, `Cannot find module 'lib/other.ts' (mine.ts)`],
  [`import 'no-such-package';`, `Cannot find package 'no-such-package' (mine.ts)`],
  [`${DEFINE}\ndefinePlugin({ name: 'match' });`, `a plugin cannot be called "match" (mine.ts:3)`],
])('a module %j that cannot be imported is told with its place', (text, fault) => {
  const found = faultOf({ 'mine.ts': text });
  expect(found).toMatch(/^cannot be imported: /);
  const said = found.replace('cannot be imported: ', '');
  if (typeof fault === 'string') expect(said).toBe(fault);
  else expect(said).toMatch(fault);
});

test('the place is that of the file that fails, which the module may only import', () => {
  const files = { 'mine.ts': `import './lib/other.ts';`, 'lib/other.ts': '\n\nenum A {}' };
  expect(faultOf(files)).toMatch(/ \(lib\/other\.ts:3\)$/);
});

test('a folder is told to be one', () => {
  expect(faultOf({ 'mine/index.ts': '' }, './mine')).toBe(
    'cannot be imported: is a folder: name the file in it, such as ./mine/index.ts',
  );
});

test.each([
  [
    'export {};',
    'it has no default export: that is what definePlugin(…) returns, or a Fastify plugin',
  ],
  [
    `import { defineBff } from 'portico';\nexport default defineBff({ upstreams: [] }, () => {});`,
    'its default export is a BFF: mount it with the key "bff" of a route',
  ],
])('a module %j without a plugin is told what it has', (text, fault) => {
  expect(faultOf({ 'mine.ts': text })).toBe(fault);
});

test.each(['await new Promise(() => {});', 'await new Promise(() => setInterval(() => {}, 1e3));'])(
  'a module that never ends is a fault: %s',
  (text) => {
    expect(faultOf({ 'mine.ts': text })).toBe(
      'cannot be imported: it did not finish within 10s: move what it waits for to "register"',
    );
  },
  60_000,
);

test('a module that leaves something open does not keep validate from its end', () => {
  const plugin = `{ name: 'mine', settings: z.strictObject({}), options: z.strictObject({}), register: () => ({ route: () => undefined }) }`;
  const cwd = folderOf({
    'gateway.config.yaml': 'version: 1\nplugins: { mine: { module: ./mine.ts } }',
    'mine.ts': `${DEFINE}setInterval(() => {}, 1e3);\nexport default definePlugin(${plugin});`,
  });
  const options = { cwd, encoding: 'utf8', timeout: 15_000 } as const;
  expect(spawnSync(process.execPath, [MAIN, 'validate'], options)).toMatchObject({
    status: 0,
    stdout: 'gateway.config.yaml is valid\n',
  });
});
