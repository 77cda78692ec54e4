import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFolder, testsOf } from '../scaffold/scaffolds.ts';

/** The examples in the comment on `testGateway`. */
const EXAMPLES = [
  ...readFileSync('src/testing.ts', 'utf8').matchAll(
    /@example .*\n \* ```ts\n((?: \* .*\n)+?) \* ```/g,
  ),
].map(([, lines]) => lines!.replaceAll(/^ \* /gm, '  '));

/** What they have at hand. */
const IMPORTS = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock, testGateway } from 'portico/testing';
import bff from './bff.ts';
import stamp from './stamp.ts';
`;

test('the examples of testGateway run as they are written', { timeout: 60_000 }, () => {
  const folder = emptyFolder();
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const template = (name: string): string => readFileSync(`templates/${name}`, 'utf8');
  write('bff.ts', template('bff/bff/myBff/index.ts').replaceAll('myUpstream', 'users'));
  write('stamp.ts', template('plugin/plugins/myPlugin.ts').replaceAll('myPlugin', 'stamp'));
  const tests = EXAMPLES.map((text, i) => `test('${i}', async () => {\n${text}});\n`);
  write('package.json', '{ "type": "module" }');
  write('examples.test.ts', [IMPORTS, ...tests].join('\n'));
  const { status, stdout } = testsOf(folder);
  expect(stdout).toMatch(/^ℹ pass 3$/m);
  expect(status).toBe(0);
});
