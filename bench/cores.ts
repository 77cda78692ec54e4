/** Assigns cores: the gateway alone on the first, everything else on the others. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  /** As `taskset -c` reads it; `undefined` leaves it to the system. */
  readonly gateway: string | undefined;
  readonly rest: string | undefined;
}

/** Unpinned runs rank wrongly: without taskset, or with one core, figures are worth little. */
export function chooseCores(): Cores {
  const count = availableParallelism();
  const pins = count > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  if (!pins) return { gateway: undefined, rest: undefined };
  return { gateway: '0', rest: count === 2 ? '1' : `1-${count - 1}` };
}

/** The words before a command that is to run on `cores`. */
export const pinned = (cores: string | undefined): string[] =>
  cores === undefined ? [] : ['taskset', '-c', cores];
