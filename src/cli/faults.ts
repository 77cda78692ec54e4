/** Prints the faults of a config for people. */
import { type Fault, formatFault } from '../config/fault.ts';
import type { Terminal } from './terminal.ts';

export function printFaults(faults: readonly Fault[], { err }: Pick<Terminal, 'err'>): void {
  for (const fault of faults) err(formatFault(fault));
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) err(errors === 1 ? '1 fault' : `${errors} faults`);
}
