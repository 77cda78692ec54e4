/** `portico test`: runs the test cases of a config, each in a gateway of its own, without any network. */
import { ONCE } from '../../assembly/import-module.ts';
import { type GatewayModules, moduleLoader } from '../../assembly/modules.ts';
import { loadCases } from '../../config/cases/load.ts';
import type { TestFile } from '../../config/cases/test-case.ts';
import { ConfigError, type Fault, sortFaults } from '../../config/fault.ts';
import type { ModuleLoader } from '../../config/modules.ts';
import type { GatewayOptions } from '../../gateway.ts';
import { runFile } from '../../testing/cases/run-file.ts';
import { hasColours, painter } from '../colours.ts';
import { printFaults } from '../faults.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { junit } from './junit.ts';
import { pretty } from './pretty.ts';
import type { Reporter } from './reporter.ts';
import { tap } from './tap.ts';
import { NoTestFile, testFiles } from './test-files.ts';
// The last, so that what is imported before is found without it.
import '../running-copy.ts';

export interface TestOptions {
  /** Empty: those beside the config. */
  readonly files: readonly string[];
  readonly config: string;
  /** Only cases with this in their names; empty: all. */
  readonly filter: string;
  readonly reporter: 'pretty' | 'tap' | 'junit';
}

/** What a run that is repeated does otherwise. */
export interface Repeated {
  readonly loadModules: ModuleLoader<GatewayModules>;
  readonly onRead: GatewayOptions['onRead'];
}

export async function test(
  options: TestOptions,
  terminal: Terminal,
  repeated?: Repeated,
): Promise<number> {
  try {
    const files = testFiles(options.files, options.config);
    return await run(await loadAll(files, terminal), options, terminal, repeated);
  } catch (error) {
    if (error instanceof NoTestFile) {
      terminal.err(error.message);
      return EXIT.failed;
    }
    if (!(error instanceof ConfigError)) throw error;
    printFaults(error.faults, terminal);
    return EXIT.badConfig;
  }
}

/** @throws {ConfigError} with the faults of all */
async function loadAll(
  files: readonly string[],
  { environment }: Terminal,
): Promise<readonly TestFile[]> {
  const faults: Fault[] = [];
  const loaded: TestFile[] = [];
  for (const file of files) {
    try {
      loaded.push(await loadCases(file, environment));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new ConfigError(sortFaults(faults));
  return loaded;
}

async function run(
  files: readonly TestFile[],
  { config, filter, reporter: name }: TestOptions,
  terminal: Terminal,
  repeated: Repeated = { loadModules: moduleLoader(ONCE), onRead: undefined },
): Promise<number> {
  const { environment } = terminal;
  const startedAt = performance.now();
  const reporter = reporterFor(name, terminal);
  const options = { config, filter, environment, now: Date.now(), ...repeated };
  let count = 0;
  let isOk = true;
  for (const file of files) {
    for await (const result of runFile(file, options)) {
      count += 1;
      isOk &&= result.outcome !== 'failed';
      reporter.result(result);
    }
  }
  if (count === 0) {
    terminal.err(`no case has "${filter}" in its name`);
    return EXIT.failed;
  }
  reporter.end(performance.now() - startedAt);
  return isOk ? EXIT.ok : EXIT.failed;
}

function reporterFor(name: TestOptions['reporter'], terminal: Terminal): Reporter {
  if (name === 'tap') return tap(terminal.out);
  if (name === 'junit') return junit(terminal.out);
  return pretty(terminal.out, painter(hasColours(terminal)));
}
