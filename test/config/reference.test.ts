import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reference, slugOf } from '../../src/config/docs/reference.ts';
import type { PluginSchema } from '../../src/config/schema/schema.ts';
import { ACTIONS } from '../../src/actions/index.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { faultsOf, folderOf, load } from './config-files.ts';

const PAGE = readFileSync('docs/configuration.md', 'utf8');
const PARTS = {
  plugins: new Map(BUILT_IN.map((plugin) => [plugin.name, plugin as PluginSchema])),
  actions: ACTIONS,
};
const ENVIRONMENT = { X: 'x' };

const headings = [...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!);
const blocks = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text!);
const wholeConfigs = blocks.filter((text) => /^version: 1$/m.test(text));

describe('docs/configuration.md', () => {
  test('is what `portico reference` prints: `node src/main.ts reference -o docs/configuration.md`', () => {
    expect(PAGE).toBe(`${reference(PARTS).trimEnd()}\n`);
  });

  test('shows whole configs that load', async () => {
    expect(wholeConfigs.length).toBeGreaterThan(0);
    for (const text of wholeConfigs) {
      expect(await faultsOf(text, ENVIRONMENT)).toEqual([]);
    }
  });

  test('shows a first config with an aggregate, a default and what takes it away', async () => {
    const { config } = await load(join(folderOf({ 'c.yaml': wholeConfigs[0]! }), 'c.yaml'), {});
    const [orders, summary, ping] = config.routes;
    expect(Object.keys(orders!.plugins)).toEqual(['jwt', 'rateLimit']);
    expect(summary!.action.kind).toBe('aggregate');
    expect(ping!.plugins).toEqual({});
  });

  test('has a section for each heading once, and every link leads to one', () => {
    const slugs = headings.map(slugOf);
    expect(slugs.filter((slug, i) => slugs.indexOf(slug) !== i)).toEqual([]);
    const links = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, slug]) => slug!);
    expect(links.filter((link) => !slugs.includes(link))).toEqual([]);
  });

  test('has a section for every map, plugins of ours included', () => {
    for (const path of [
      'server.limits',
      'upstreams.<name>.breaker',
      'routes.<name>.match',
      'routes.<name>.aggregate.<name>',
      'routes.<name>.jwt',
      'routes.<name>.rateLimit',
      'plugins.jwt.issuers.<name>',
      'defaults.routes',
    ]) {
      expect(headings).toContain(`\`${path}\``);
    }
  });

  test('says type, default and meaning of every key', () => {
    const rows = PAGE.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      const cells = row.replaceAll('\\|', '').split('|').slice(1, -1);
      // The tables of the introduction have two columns.
      expect([2, 4], row).toContain(cells.length);
      if (cells.length === 4) expect(cells[3]!.trim(), row).not.toBe('');
    }
  });
});

describe('the reference', () => {
  const odd: PluginSchema = {
    settings: z.strictObject({
      mode: z.enum(['a', 'b|c']).default('a').describe('Either | or.'),
      share: z.number().min(0).max(1).optional().describe('A share.'),
      most: z.int().max(5).optional().describe('At most.'),
      nested: z.strictObject({ deep: z.boolean().default(true).describe('Deep.') }).prefault({}),
    }),
    options: z.strictObject({}),
  };
  const page = reference({ plugins: new Map([['odd', odd]]), actions: ACTIONS });

  test('tells the options of a plugin it is given', () => {
    expect(page).toContain('### `plugins.odd`\n\nSettings of the plugin odd.\n');
    expect(page).toContain('| `mode` | `a`, `b\\|c` | `a` | Either \\| or. |');
    expect(page).toContain('| `share` | number, 0 to 1 |  | A share. |');
    expect(page).toContain('| `most` | whole number, at most 5 |  | At most. |');
    expect(page).toContain('| `nested` | [map](#pluginsoddnested) |');
    expect(page).toContain('| `deep` | `true` or `false` | `true` | Deep. |');
    expect(page).not.toContain('plugins.jwt.issuers');
  });

  test('makes the anchors that GitHub makes', () => {
    expect(slugOf('`routes.<name>.match`')).toBe('routesnamematch');
    expect(slugOf('Several files')).toBe('several-files');
  });
});
