/** Test cases for a test: a config and a file of cases in a folder of their own, run as `portico test` runs them. */
import { join } from 'node:path';
import { ONCE } from '../../../src/assembly/import-module.ts';
import { moduleLoader } from '../../../src/assembly/modules.ts';
import { sayFailure } from '../../../src/cli/test/reporter.ts';
import { loadCases } from '../../../src/config/cases/load.ts';
import { ConfigError, formatFault } from '../../../src/config/fault.ts';
import type { Environment } from '../../../src/config/yaml/environment.ts';
import type { CaseResult } from '../../../src/testing/cases/run-case.ts';
import { runFile } from '../../../src/testing/cases/run-file.ts';
import { folderOf, type Files } from '../../config/config-files.ts';

export interface Ran {
  readonly results: readonly CaseResult[];
  /** As they are printed, of all cases. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

/** A config with one route to the upstream `api`, and `more` keys for both. */
export const API = (route = '', upstream = ''): string => `version: 1
upstreams:
  api: { targets: [http://10.0.0.7:4000], ${upstream} }
routes:
  api: { match: { path: /* }, upstream: api, ${route} }
`;

/** Runs `cases`, the entries of the list, or the text of a file that begins with other keys. */
export async function runText(
  cases: string,
  config = API(),
  { files = {}, environment = {} }: { files?: Files; environment?: Environment } = {},
): Promise<Ran> {
  const text = /^cases:/m.test(cases) ? cases : `cases:\n${cases}`;
  const folder = folderOf({ 'c.yaml': config, 'c.test.yaml': text, ...files });
  const local = (said: string): string => said.replaceAll(`${folder}/`, '');
  const file = await loadCases(join(folder, 'c.test.yaml'), environment);
  const results = await Array.fromAsync(
    runFile(file, {
      config: join(folder, 'c.yaml'),
      environment,
      filter: '',
      now: Date.now(),
      loadModules: moduleLoader(ONCE),
    }),
  );
  return {
    results,
    failures: results.flatMap((each) => each.failures.map(sayFailure)).map(local),
    notes: results.flatMap((each) => each.notes),
  };
}

/** The faults for which nothing is run. */
export async function faultsOfText(cases: string, config = API()): Promise<readonly string[]> {
  try {
    await runText(cases, config);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => formatFault(fault).replace(/^.*\//, ''));
  }
}
