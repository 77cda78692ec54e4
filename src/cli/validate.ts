/** `portico validate`: everything that is wrong with a config. */
import { ConfigError, type Fault } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { loadModules } from '../modules.ts';
import { printFaults } from './faults.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function validate(file: string, json: boolean, terminal: Terminal): Promise<number> {
  const faults = await findFaults(file, terminal);
  const valid = !faults.some(({ severity }) => severity === 'error');
  if (json) terminal.out(JSON.stringify({ valid, faults }, undefined, 2));
  else {
    printFaults(faults, terminal);
    if (valid) terminal.out(`${file} is valid`);
  }
  return valid ? EXIT.ok : EXIT.badConfig;
}

async function findFaults(file: string, { environment }: Terminal): Promise<readonly Fault[]> {
  try {
    const { warnings } = await loadConfig({ file, environment, loadModules });
    return warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
