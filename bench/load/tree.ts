/** What a process and those that it has started have used; `src/load/cpu-time.ts` has the same for one. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpuTimeNs, residentBytes } from '../../src/load/cpu-time.ts';

/**
 * CPU time of all threads of `pid` and of its living descendants so far, in nanoseconds.
 *
 * A thread or child that ends takes its time with it.
 *
 * @throws {Error} when there is no such process, or no schedstat
 */
export const treeTimeNs = (pid: number): number => sumOf(pid, cpuTimeNs);

/**
 * Resident memory of `pid` and of its descendants, in bytes; what they share is counted for each.
 *
 * @throws {Error} when there is no such process
 */
export const treeBytes = (pid: number): number => sumOf(pid, residentBytes);

/** CPU time of children of `pid` that have ended and were waited for, in milliseconds. */
export function reapedMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may have spaces; after it, cutime and cstime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

function sumOf(pid: number, figure: (pid: number) => number): number {
  const children = childrenOf(pid).map((child) => unlessGone(() => sumOf(child, figure)));
  return children.reduce((total, each) => total + each, figure(pid));
}

/** A child belongs to the thread that started it. */
const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readIfThere(`/proc/${pid}/task/${task}/children`).split(' '))
    .filter((text) => text !== '')
    .map(Number);

/** 0 for a process that has ended since its parent was asked. */
function unlessGone(figure: () => number): number {
  try {
    return figure();
  } catch {
    return 0;
  }
}

/** Empty where the thread has ended since it was listed. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The kernel's USER_HZ: 100 on every architecture that Node runs on. */
const TICK_MS = 10;
