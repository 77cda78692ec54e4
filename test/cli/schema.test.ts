import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonSchema } from '../../src/config/docs/json-schema.ts';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const PLUGIN = [
  `import { z } from '${import.meta.resolve('zod')}';`,
  'export default {',
  `  [Symbol.for('portico.plugin')]: true,`,
  `  name: 'tenant',`,
  `  settings: z.strictObject({ header: z.string().describe('Names the tenant.') }),`,
  `  options: z.strictObject({ required: z.boolean().describe('Refuses none.') }),`,
  `  register: () => ({ route: () => undefined }),`,
  '};',
].join('\n');

/** A folder with a config that names a plugin of its own. */
const folder = (module = './tenant.ts', more = ''): string =>
  folderOf({
    'c.yaml': `version: 1\nplugins: { tenant: { module: ${module}, header: x } }\n${more}`,
    'tenant.ts': PLUGIN,
  });

describe('portico schema', () => {
  test('writes the schema that is committed', async () => {
    const out = join(folderOf({}), 'schema.json');
    expect(await run(['schema', '--out', out])).toEqual({
      code: 0,
      out: [`wrote ${out}`],
      err: [],
    });
    expect(readFileSync(out, 'utf8')).toBe(readFileSync('gateway.schema.json', 'utf8'));
  });

  test('writes beside the config, wherever one stands', async () => {
    const file = join(folder(), 'c.yaml');
    const out = join(file, '../gateway.schema.json');
    expect(await run(['schema', '--config', file])).toMatchObject({ out: [`wrote ${out}`] });
    expect(existsSync(out)).toBe(true);
  });

  test.each([['--json'], ['--out=-'], ['-o', '-']])('prints it with %s %s', async (...args) => {
    const { code, out } = await run(['schema', ...args]);
    expect(code).toBe(0);
    expect(`${out.join('\n')}\n`).toBe(readFileSync('gateway.schema.json', 'utf8'));
  });

  test('holds the settings and options of the plugins that the config names', async () => {
    const { out } = await run(['schema', '--json', '-c', join(folder(), 'c.yaml')]);
    const { properties } = JSON.parse(out[0]!) as JsonSchema;
    expect(properties?.['plugins']?.properties?.['tenant']?.properties).toMatchObject({
      header: { description: 'Names the tenant.' },
      module: { type: 'string' },
    });
    const route = properties?.['routes']?.additionalProperties as JsonSchema;
    expect(JSON.stringify(route.properties?.['tenant'])).toContain('Refuses none.');
  });

  test('needs no config without faults', async () => {
    const file = join(folder('./tenant.ts', 'sever: ${NONE}'), 'c.yaml');
    expect((await run(['schema', '--json', '-c', file])).code).toBe(0);
  });

  test('writes what it can when a plugin is not there, says so, and ends with 1', async () => {
    const file = join(folder('./tennant.ts'), 'c.yaml');
    const { code, out, err } = await run(['schema', '--json', '-c', file]);
    expect(code).toBe(1);
    expect(out).toHaveLength(1);
    expect(err[0]).toContain(`${file}:2:30  plugins.tenant.module: cannot be imported`);
  });

  test('writes nothing when the config cannot be read, and ends with 78', async () => {
    const there = folderOf({ 'c.yaml': 'a: [' });
    const out = join(there, 'schema.json');
    for (const file of ['c.yaml', 'none.yaml']) {
      const { code, err } = await run(['schema', '-o', out, '-c', join(there, file)]);
      expect(code).toBe(78);
      expect(err).toHaveLength(2);
    }
    expect(existsSync(out)).toBe(false);
  });

  test('says where it could not write, and ends with 1', async () => {
    const out = join(folderOf({}), 'none', 'schema.json');
    expect(await run(['schema', '-o', out])).toEqual({
      code: 1,
      out: [],
      err: [`${out} cannot be written (ENOENT)`],
    });
  });
});

describe('portico reference', () => {
  test('prints the page that is committed', async () => {
    const { code, out } = await run(['reference']);
    expect(code).toBe(0);
    expect(`${out.join('\n')}\n`).toBe(readFileSync('docs/configuration.md', 'utf8'));
  });

  test('writes it to a file, with the plugins that the config names', async () => {
    const there = folder();
    const out = join(there, 'page.md');
    expect((await run(['reference', '-o', out, '-c', join(there, 'c.yaml')])).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain(
      '| `header` | text | required | Names the tenant. |',
    );
  });
});
