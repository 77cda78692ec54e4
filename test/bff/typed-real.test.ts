/** The BFFs of the demo, compiled in copies: what is wrong in one, or no longer in a document, is an error at its line. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiText } from '../../src/cli/types/api-text.ts';
import { declarationsOf, missingTool } from '../../src/cli/types/tool.ts';
import { readOpenapi } from '../../src/config/openapi/read.ts';

interface Change {
  /** Below `bff/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** File and line with the error, if it is another one. */
  readonly at?: readonly [file: string, line: string];
}

/** A copy of `bff/` in the project, so that modules are found. */
function copyOfBffs(): string {
  const folder = mkdtempSync('test/bff/copy-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync('bff', folder, { recursive: true });
  const config = { extends: '../../../tsconfig.json', include: ['.'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return folder;
}

function change(folder: string, { file, from, to }: Change): void {
  const at = join(folder, file);
  const text = readFileSync(at, 'utf8');
  expect(text).toContain(from);
  writeFileSync(at, text.replace(from, to));
}

/** Files with the lines that have errors, as `mobile/index.ts:3 …`. */
function errorsIn(folder: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile('npx', ['tsc', '--singleThreaded', '-p', folder], (_error, out) => {
      const lines = out.split('\n').filter((line) => line.startsWith(`${folder}/`));
      resolve(
        lines.map((line) => line.slice(folder.length + 1).replace(/\((\d+),\d+\): error/, ':$1')),
      );
    });
  });
}

/** Where `text` is in a file of the copy, as {@link errorsIn} has it. */
function place(folder: string, file: string, text: string): string {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  const line = lines.findIndex((each) => each.includes(text)) + 1;
  expect(line).toBeGreaterThan(0);
  return `${file}:${line} `;
}

const startingWith = (text: string): unknown =>
  expect.stringMatching(new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)}`));

describe('the BFFs of the demo', () => {
  test('do not compile with what their upstreams do not have', async () => {
    const folder = copyOfBffs();
    const changes = [
      // A path.
      { file: 'mobile/index.ts', from: "'/users/{id}'", to: "'/user/{id}'" },
      { file: 'web/images.ts', from: "'/images/{id}/{view}'", to: "'/image/{id}/{view}'" },
      // A parameter.
      { file: 'web/home.ts', from: 'query: { limit: 4 }', to: 'query: { most: 4 }' },
      {
        file: 'web/account.ts',
        from: "put('/users/{id}/avatar', { path,",
        to: "put('/users/{id}/avatar', {",
      },
      { file: 'public/v1/index.ts', from: "parameter: 'ids'", to: "parameter: 'id'" },
      // A field that a schema asks for, found where it is used.
      {
        file: 'mobile/services.ts',
        from: 'rating: z.number()',
        to: 'stars: z.number()',
        at: ['mobile/index.ts', "product: catalog.get('/products/{id}'"],
      },
      {
        file: 'public/v1/resources.ts',
        from: 'available: z.int()',
        to: 'available: z.string()',
        at: ['public/v1/index.ts', ".get('/stock/{id}'"],
      },
      // A field of a body.
      {
        file: 'web/orders.ts',
        from: 'customerId: request.consumer?.id ??',
        to: 'customer: request.consumer?.id ??',
        at: ['web/orders.ts', "orders.post('/orders'"],
      },
    ] as const satisfies readonly Change[];
    for (const each of changes) change(folder, each);
    const errors = await errorsIn(folder);
    for (const each of changes) {
      const [file, line] = 'at' in each ? each.at : [each.file, each.to];
      expect(errors).toContainEqual(startingWith(place(folder, file, line)));
    }
  }, 120_000);

  const isInstalled = missingTool() === undefined;
  test.skipIf(!isInstalled)(
    'do not compile once a document has changed (skipped where tools/types is not installed)',
    async () => {
      const folder = copyOfBffs();
      const name = 'openapi/catalog.yaml';
      const text = readFileSync(name, 'utf8').replace(
        "price: { $ref: '#/components/schemas/Price' }",
        'price: { type: string }',
      );
      const document = apiText('catalog', readOpenapi({ file: name, name, text }));
      writeFileSync(join(folder, 'types/catalog.d.ts'), await declarationsOf(document));
      const errors = await errorsIn(folder);
      for (const [file, line] of [
        ['mobile/index.ts', "product: catalog.get('/products/{id}'"],
        ['web/product.ts', "product: catalog.get('/products/{id}'"],
        ['public/v1/index.ts', "await catalog.get('/products/{id}'"],
      ] as const) {
        expect(errors).toContainEqual(startingWith(place(folder, file, line)));
      }
      expect(errors.join('\n')).toMatch(/price/);
    },
    120_000,
  );
});
