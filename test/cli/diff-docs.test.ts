/** docs/diff.md: its output and its rules. `UPDATE_DOCS=1` rewrites the output. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DIFF_RULES } from '../../src/diff/diff.ts';
import { diffBetween } from '../diff/pairs.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { run } from './run.ts';

const PAGE = 'docs/diff.md';
const TEXT = readFileSync(PAGE, 'utf8');
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;

function isOnPage(part: string, output: readonly string[]): void {
  const block = ['```', ...output, '```'].join('\n');
  if (UPDATES) writePart(PAGE, part, block);
  expect(partOf(PAGE, part)).toBe(block);
}

describe(PAGE, () => {
  test('shows the routes of the demo', async () => {
    isOnPage('routes', (await run(['routes'])).out);
  });

  test('shows the difference of its two configs, which ends with 1', async () => {
    const [before = '', after = ''] = [...TEXT.matchAll(/```yaml\n(version.*?)```/gs)].map(
      ([, block]) => block!,
    );
    const { code, out } = await diffBetween(before, after);
    expect(code).toBe(1);
    isOnPage(
      'diff',
      out
        .join('\n')
        .replaceAll(/\b(old|new)(?=:\d)/g, '$1.yaml')
        .split('\n'),
    );
  });

  test('lists every rule', () => {
    const rules = [...TEXT.matchAll(/^\| `([a-z][a-z-]*)` \|/gm)].map(([, rule]) => rule);
    expect(rules).toEqual([...DIFF_RULES]);
  });

  test('names every key of the JSON', async () => {
    const { out } = await run(['routes', '--json']);
    const [first] = JSON.parse(out.join('')) as readonly object[];
    const keys = Object.keys(first!);
    expect(keys.filter((key) => !TEXT.includes(`\`${key}\``))).toEqual([]);
  });
});
