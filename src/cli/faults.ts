/** Prints the faults of a config: for people, or as the one document of `--json`. */
import { type Fault, formatFault } from '../config/fault.ts';
import type { Terminal } from './terminal.ts';

/** Faults that keep a command from doing anything; `--json` prints them as `validate` does. */
export function printRefusal(faults: readonly Fault[], json: boolean, terminal: Terminal): void {
  if (json) terminal.out(JSON.stringify({ valid: false, faults }, undefined, 2));
  else printFaults(faults, terminal);
}

export function printFaults(faults: readonly Fault[], { err }: Pick<Terminal, 'err'>): void {
  for (const fault of faults) err(formatFault(fault));
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) err(errors === 1 ? '1 fault' : `${errors} faults`);
}
