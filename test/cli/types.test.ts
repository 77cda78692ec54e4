import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiText } from '../../src/cli/types/api-text.ts';
import { missingTool, TOOL } from '../../src/cli/types/tool.ts';
import { loadConfig } from '../../src/config/load.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const DOCUMENT = `
openapi: 3.0.3
info: { title: Things, version: '1' }
servers: [{ url: http://things.test/v1 }]
paths:
  /things/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get:
      responses:
        '200': { description: ok, content: { application/json: { schema: { type: string, nullable: true } } } }
`;
const CONFIG = `
version: 1
server: { port: 0 }
admin: false
upstreams: { things: { targets: [http://127.0.0.1:1], openapi: ./things.yaml }, plain: { targets: [http://127.0.0.1:1] } }
routes: { a: { match: { path: /a }, upstream: things } }
`;
const folder = (): string => folderOf({ 'c.yaml': CONFIG, 'things.yaml': DOCUMENT });
const types = (at: string, ...more: readonly string[]) =>
  run(['types', '--config', join(at, 'c.yaml'), ...more]);

/** Writes what the tool would have: only the first line tells what it was made of. */
async function writtenIn(at: string): Promise<void> {
  const { config } = await loadConfig({ file: join(at, 'c.yaml'), environment: {}, loadModules });
  const { apiDigest } = await import('../../src/cli/types/api-text.ts');
  const digest = apiDigest(apiText('things', config.upstreams['things']!.openapi!));
  mkdirSync(join(at, 'bff/types'), { recursive: true });
  const mark = `// Made by "portico types" of the document of things (${digest}): do not edit.`;
  writeFileSync(join(at, 'bff/types/things.d.ts'), `${mark}\nexport interface paths {}\n`);
}

describe('portico types', () => {
  test('made those of the demo, which are up to date', async () => {
    expect(await run(['types', '--check'])).toEqual({
      code: 0,
      out: ['the types are up to date'],
      err: [],
    });
  });

  test('--check tells what is missing or old, and what to do', async () => {
    const at = folder();
    const missing = await types(at, '--check');
    expect([missing.code, missing.err]).toEqual([
      1,
      [
        expect.stringMatching(
          /things\.d\.ts is not of the document of things as it is: run portico types$/,
        ),
      ],
    ]);

    await writtenIn(at);
    expect((await types(at, '--check')).code).toBe(0);

    writeFileSync(
      join(at, 'things.yaml'),
      DOCUMENT.replace('type: string, null', 'type: integer, null'),
    );
    expect((await types(at, '--check')).code).toBe(1);
  });

  test('is not told by comments and order that a document has changed', async () => {
    const at = folder();
    await writtenIn(at);
    writeFileSync(join(at, 'things.yaml'), `# A comment.\n${DOCUMENT}`);
    expect((await types(at, '--check')).code).toBe(0);
  });

  test('writes nothing where everything is up to date', async () => {
    const at = folder();
    await writtenIn(at);
    const before = readFileSync(join(at, 'bff/types/things.d.ts'), 'utf8');
    expect(await types(at)).toMatchObject({ code: 0, out: ['the types are up to date'] });
    expect(readFileSync(join(at, 'bff/types/things.d.ts'), 'utf8')).toBe(before);
  });

  test.each([
    ['thing', 'no upstream with a document (openapi) is called "thing"; did you mean "things"?'],
    ['plain', 'no upstream with a document (openapi) is called "plain" (known: things)'],
  ])('knows no document of %s', async (name, why) => {
    expect(await types(folder(), name)).toMatchObject({ code: 1, err: [why] });
  });

  test('refuses a config with faults', async () => {
    const at = folderOf({ 'c.yaml': 'version: 1\nupstreams: { a: { targets: [] } }\n' });
    expect((await types(at)).code).toBe(78);
  });

  test('tells how to install what it needs', () => {
    expect(missingTool('/nowhere')).toBe(
      'openapi-typescript is not installed: run npm ci --prefix /nowhere',
    );
    expect(TOOL).toMatch(/tools\/types$/);
  });

  test('gives the tool the paths that requests have', async () => {
    const at = folder();
    const { config } = await loadConfig({ file: join(at, 'c.yaml'), environment: {}, loadModules });
    expect(JSON.parse(apiText('things', config.upstreams['things']!.openapi!))).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/v1/things/{id}': {
          get: {
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
            responses: {
              200: { content: { 'application/json': { schema: { type: ['string', 'null'] } } } },
            },
          },
        },
      },
    });
  });

  const isInstalled = missingTool() === undefined;
  test.skipIf(!isInstalled)(
    'writes types (skipped where tools/types is not installed)',
    async () => {
      const at = folder();
      const { code, out } = await types(at);
      expect([code, out]).toEqual([0, [expect.stringMatching(/^wrote .*things\.d\.ts$/)]]);
      const text = readFileSync(join(at, 'bff/types/things.d.ts'), 'utf8');
      expect(text).toContain('"/v1/things/{id}"');
      expect(text).toContain('"application/json": string | null;');
      expect((await types(at, '--check')).code).toBe(0);
    },
  );
});
