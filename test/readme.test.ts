import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { ERRORS } from '../src/core/errors.ts';
import { loadModules } from '../src/assembly/modules.ts';
import { isBff } from '../src/authoring/bff.ts';
import { isPlugin } from '../src/authoring/plugin.ts';

const README = readFileSync('README.md', 'utf8');
const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, text]) => text!,
  );

function temporaryFile(name: string, text: string, below = tmpdir()): string {
  const folder = mkdtempSync(join(below, '.readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The table as README.md must have it. */
function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, row]) => {
    const blames = row.blamesUpstream ? 'yes' : 'no';
    return `| ${code} | ${row.status} | ${row.title} | ${blames} | ${row.repeatable} |`;
  });
  return ['| code | status | when | blames | retry |', '|---|---|---|---|---|', ...rows].join('\n');
}

describe('README.md', () => {
  test('its config is valid', async () => {
    const [config] = blocks('yaml');
    const file = temporaryFile('gateway.config.yaml', config!);
    await expect(loadConfig({ file, environment: {}, loadModules })).resolves.toMatchObject({
      warnings: [],
    });
  });

  test('its BFF and its plugin are what they say', async () => {
    const [bff, plugin] = await Promise.all(
      blocks('ts').map(async (text) => {
        const file = temporaryFile('example.ts', text, 'test');
        return ((await import(file.startsWith('/') ? file : `../${file}`)) as { default: unknown })
          .default;
      }),
    );
    expect(isBff(bff)).toBe(true);
    expect(isPlugin(plugin)).toBe(true);
  });

  test('its error table is the one of the code', () => {
    expect(README).toContain(errorTable());
  });
});
