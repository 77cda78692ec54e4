/** The pairs of configs in fixtures/pairs.yaml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';

export interface Pair {
  readonly rule: string;
  readonly before: string;
  readonly after: string;
  readonly tells: string;
}

interface Fixture {
  readonly base: Readonly<Record<string, string>>;
  readonly pairs: readonly Pair[];
}

const { base, pairs } = parse(readFileSync('test/diff/fixtures/pairs.yaml', 'utf8')) as Fixture;

export const PAIRS = pairs;

/** `text` at its own lines, and what it does not say behind it. */
export const complete = (text: string): string =>
  [
    text,
    ...Object.entries(base).flatMap(([section, rest]) =>
      new RegExp(`^${section}:`, 'm').test(text) ? [] : [rest],
    ),
    'version: 1\n',
  ].join('');

/** Runs `portico diff` on both, as the files `old` and `new`. */
export async function diffBetween(before: string, after: string, ...options: readonly string[]) {
  const folder = folderOf({ old: before, new: after });
  const shortened = (lines: readonly string[]): string[] =>
    lines.join('\n').replaceAll(`${folder}/`, '').split('\n');
  const { code, out, err } = await run([
    'diff',
    join(folder, 'old'),
    join(folder, 'new'),
    ...options,
  ]);
  return { code, out: shortened(out), err: shortened(err) };
}
