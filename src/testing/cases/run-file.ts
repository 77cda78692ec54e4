/** Runs the cases of a file, one after the other. */
import { unknownNames } from '../../config/cases/check.ts';
import type { TestFile } from '../../config/cases/test-case.ts';
import { ConfigError } from '../../config/fault.ts';
import { loadConfig } from '../../config/load.ts';
import type { CaseGatewayOptions } from './case-gateway.ts';
import { type CaseResult, runCase } from './run-case.ts';

export interface RunOptions extends CaseGatewayOptions {
  /** Only cases with this in their names, in any case; empty: all. */
  readonly filter: string;
}

/**
 * The results, as they come.
 *
 * @throws {ConfigError} when the config has faults, or the file names what the config does not have
 */
export async function* runFile(file: TestFile, options: RunOptions): AsyncGenerator<CaseResult> {
  const wanted = file.cases.filter(({ name }) => isWanted(name, options.filter));
  if (wanted.length === 0) return;
  const environment = { ...options.environment, ...file.environment };
  const { config, loadModules } = options;
  await checkNames(file, { file: config, environment, loadModules });
  for (const each of wanted) yield await runCase(each, file, { ...options, environment });
}

const isWanted = (name: string, filter: string): boolean =>
  name.toLowerCase().includes(filter.toLowerCase());

async function checkNames(
  { references, place }: TestFile,
  options: Parameters<typeof loadConfig>[0],
): Promise<void> {
  const { config, modules } = await loadConfig(options);
  const identifying = [...modules.plugins.values()].filter(({ identifies }) => identifies === true);
  const unknown = unknownNames(references, {
    upstream: Object.keys(config.upstreams),
    plugin: identifying.map(({ name }) => name),
    listener: config.server.listeners.map(({ name }) => name),
  });
  const faults = [...unknown].map(place);
  if (faults.length > 0) throw new ConfigError(faults);
}
