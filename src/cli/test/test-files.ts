/** The files of test cases that a command line means. */
import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of cases, beside the config. */
export const TEST_FILES = '*.test.{yaml,yml}';

/** What was given is no file of cases. */
export class NoTestFile extends Error {
  override readonly name = 'NoTestFile';
}

/**
 * Files, and those in folders and of patterns; without any, those beside `config`.
 *
 * @throws {NoTestFile} which says what there is not
 */
export function testFiles(given: readonly string[], config: string): readonly string[] {
  if (given.length > 0) return [...new Set(given.flatMap(filesOf))];
  const found = filesIn(dirname(config));
  if (found.length > 0) return found;
  throw new NoTestFile(
    `there are no tests beside ${config}: write some into gateway.test.yaml (docs/testing.md), or name their file`,
  );
}

function filesOf(given: string): readonly string[] {
  const kind = statSync(given, { throwIfNoEntry: false });
  if (kind?.isDirectory() === true) {
    const found = filesIn(given);
    if (found.length === 0) throw new NoTestFile(`no file in ${given} is named ${TEST_FILES}`);
    return found;
  }
  if (kind !== undefined) return [given];
  const found = /[*?[{]/.test(given) ? globSync(given).toSorted() : [];
  if (found.length === 0) throw new NoTestFile(`there is no file ${given}`);
  return found;
}

const filesIn = (folder: string): readonly string[] =>
  globSync(TEST_FILES, { cwd: folder })
    .toSorted()
    .map((name) => join(folder, name));
