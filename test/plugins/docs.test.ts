import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { BUILT_IN, loadModules } from '../../src/assembly/modules.ts';

const textOf = (file: string): string => readFileSync(file, 'utf8');
const GUIDE = textOf('plugins/README.md');
const REFERENCE = textOf('docs/plugins.md');

/** What examples name, and what stands for it. */
const CERTIFICATES = { 'tls.crt': 'server.pem', 'tls.key': 'server.key', 'clients.pem': 'ca.pem' };

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, block]) => block!,
  );

/** Loads a config as it stands on a page, from the root of the repository. */
async function load(text: string) {
  const folder = mkdtempSync('.docs-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  writeFileSync(file, text.replaceAll(/(module|documents|openapi): \.\//g, '$1: ../'));
  mkdirSync(join(folder, 'tls'));
  for (const [name, fixture] of Object.entries(CERTIFICATES)) {
    copyFileSync(`test/fixtures/tls/${fixture}`, join(folder, 'tls', name));
  }
  const environment = { PARTNER_SECRET: 'a secret of at least thirty-two characters' };
  return loadConfig({ file, environment, loadModules });
}

describe('docs/plugins.md', () => {
  test.each(blocks(REFERENCE, 'yaml').map((text, i) => [i + 1, text] as const))(
    'its example %i is a config that serves, without a warning',
    async (_number, text) => {
      expect((await load(text)).warnings).toEqual([]);
    },
  );

  test('has a section with an example for each built-in plugin', async () => {
    const sections = [...REFERENCE.matchAll(/^## (\w+)$/gm)].map(([, name]) => name!);
    expect(sections.toSorted((a, b) => a.localeCompare(b))).toEqual(
      BUILT_IN.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b)),
    );
    const loaded = await Promise.all(blocks(REFERENCE, 'yaml').map(load));
    const used = loaded.flatMap(({ config }) =>
      config.routes.flatMap((route) => Object.keys(route.plugins)),
    );
    expect(new Set(used)).toEqual(new Set(sections));
  });
});

describe('plugins/README.md', () => {
  const [plugin, itsTest] = blocks(GUIDE, 'ts');

  test('its plugin is the one of docs/examples', () => {
    expect(plugin).toBe(textOf('docs/examples/min-version.ts'));
  });

  test('its test is the one that runs', () => {
    expect(itsTest).toBe(textOf('test/plugins/min-version.test.ts'));
  });

  test('its config serves', async () => {
    const [text] = blocks(GUIDE, 'yaml');
    expect((await load(text!)).config.routes[0]?.plugins).toEqual({ minVersion: 12 });
  });

  test('names every phase, in the order they run', async () => {
    const { PHASES } = await import('../../src/authoring/plugin-hooks.ts');
    const named = /The phases, in the order they run:(.*?)There are/s.exec(GUIDE)?.[1] ?? '';
    expect([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(PHASES);
  });
});
