/** Every page of the documentation: its links lead somewhere, and its whole configs are valid. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { slugOf } from '../../src/config/docs/reference.ts';
import { faultsOf } from '../config/config-files.ts';
import { Page } from '../helpers/page.ts';

const PAGES = globSync(['*.md', 'docs/**/*.md', 'plugins/*.md', 'bff/**/*.md', 'demo/*.md']);

/** Examples that name files of certificates are loaded with those files, in their own tests. */
const namesFiles = (config: string): boolean => /: (?:tls|\.)\//.test(config);

/** A value for each variable without a default; long enough for a secret. */
const environmentOf = (config: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...config.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [
      name,
      `the value of ${name}, long enough`,
    ]),
  );

const anchorsOf = (file: string): Set<string> =>
  new Set(
    [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) => slugOf(title!)),
  );

describe.each(PAGES)('%s', (file) => {
  const page = new Page(file);

  test('has no link that leads nowhere', () => {
    const broken = page.links().filter(({ path, anchor }) => {
      if (/^[a-z]+:/.test(path)) return false;
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('shows whole configs that are valid', async () => {
    const configs = page.blocks('yaml').filter((text) => /^version: 1$/m.test(text));
    for (const text of configs.filter((each) => !namesFiles(each))) {
      expect(await faultsOf(text, environmentOf(text))).toEqual([]);
    }
  });
});

test('docs/README.md lists every page below docs', () => {
  const listed = new Set(new Page('docs/README.md').links().map(({ path }) => join('docs', path)));
  const pages = PAGES.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  expect(pages.filter((file) => !listed.has(file))).toEqual([]);
});
