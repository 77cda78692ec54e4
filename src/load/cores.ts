/** Assigns cores: the gateway alone on the first, everything else on the others. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cores {
  /** As `taskset -c` reads it; `undefined` leaves it to the system. */
  readonly gateway: string | undefined;
  readonly rest: string | undefined;
}

/** Unpinned runs rank wrongly: without taskset, or with one core, figures are worth little. */
export function chooseCores(): Cores {
  const [first, ...others] = allowedCores();
  const pins =
    first !== undefined &&
    others.length > 0 &&
    spawnSync('taskset', ['-c', String(first), 'true']).status === 0;
  return pins
    ? { gateway: String(first), rest: others.join(',') }
    : { gateway: undefined, rest: undefined };
}

/** Those that this process may run on: a container may have 2 and 5 alone. */
function allowedCores(): number[] {
  try {
    const [, list = ''] =
      /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return readCoreList(list);
  } catch {
    return [];
  }
}

/** `0-2,5` as 0, 1, 2, 5. */
export function readCoreList(list: string): number[] {
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

/** The words before a command that is to run on `cores`. */
export const pinned = (cores: string | undefined): string[] =>
  cores === undefined ? [] : ['taskset', '-c', cores];
