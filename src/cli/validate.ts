/** `portico validate`: lists every fault of a config; a valid config would start. */
import { ConfigError, type Fault } from '../config/fault.ts';
import { checkGateway } from '../gateway.ts';
import { printFaults } from './faults.ts';
import { withProgress } from './progress.ts';
import { EXIT, type Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

export interface ValidateOptions {
  readonly config: string;
  readonly json: boolean;
  /** Warnings count as faults. */
  readonly strict: boolean;
}

export async function validate(options: ValidateOptions, terminal: Terminal): Promise<number> {
  const { config, json, strict } = options;
  const what = `checking ${config}`;
  const faults = await withProgress({ terminal, what }, () => findFaults(config, terminal));
  const starts = !faults.some(({ severity }) => severity === 'error');
  const valid = starts && !(strict && faults.length > 0);
  if (json) terminal.out(JSON.stringify({ valid, faults }, undefined, 2));
  else {
    printFaults(faults, terminal);
    if (valid) terminal.out(`${config} is valid`);
    else if (starts) terminal.err(strictly(config, faults.length));
  }
  return valid ? EXIT.ok : EXIT.badConfig;
}

const strictly = (file: string, warnings: number): string =>
  `${file} would start, but ${warnings} ${warnings === 1 ? 'warning fails' : 'warnings fail'} it with --strict`;

async function findFaults(file: string, { environment }: Terminal): Promise<readonly Fault[]> {
  try {
    return await checkGateway({ file, environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
