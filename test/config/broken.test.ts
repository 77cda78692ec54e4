import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faultsIn } from './config-files.ts';

const FOLDER = 'test/config/broken';
const FILES = globSync(`${FOLDER}/*.yaml`).toSorted();

/** Every fault stands beside its config, in `NAME.expected.txt`, as the command line prints it. */
const expectedOf = (file: string): string[] =>
  readFileSync(file.replace(/\.yaml$/, '.expected.txt'), 'utf8')
    .trimEnd()
    .split('\n');

/** Where this copy of the project stands is no part of a message. */
const local = (fault: string): string =>
  fault.replaceAll('file://', '').replaceAll(`${process.cwd()}/`, '');

describe('a broken config', () => {
  test.each(FILES)('%s: every fault is told, at its line and column', async (file) => {
    const faults = await faultsIn(file);
    expect(faults.map(local)).toEqual(expectedOf(file));
  });

  test.each(FILES)('%s: every fault names a place that is there', async (file) => {
    for (const fault of await faultsIn(file)) {
      const [, name, line, column] = /^(\S+):(\d+):(\d+) {2}/.exec(fault) ?? [];
      const lines = readFileSync(name!, 'utf8').split('\n');
      expect(lines[Number(line) - 1]?.slice(Number(column) - 1), fault).toMatch(/^\S/);
    }
  });

  test('there are at least twelve, most with several faults', () => {
    const counts = FILES.map((file) => expectedOf(file).length);
    expect(counts.length).toBeGreaterThanOrEqual(12);
    expect(counts.filter((count) => count > 1).length).toBeGreaterThanOrEqual(12);
  });
});
