/**
 * What a process has used, as Linux counts it.
 *
 * From `schedstat`: nanoseconds that every thread has spent on a core, in user and kernel mode.
 * `/proc/PID/stat` counts the same in ticks of 10 ms.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time of all threads of `pid` so far, in nanoseconds.
 *
 * @throws {Error} when there is no such process, or no schedstat
 */
export const cpuTimeNs = (pid: number): number => sumOfThreads(pid, 0);

/**
 * Time that threads of `pid` have waited for a core that others had, in nanoseconds.
 *
 * @throws {Error} when there is no such process, or no schedstat
 */
export const waitTimeNs = (pid: number): number => sumOfThreads(pid, 1);

/** @param column of schedstat */
function sumOfThreads(pid: number, column: 0 | 1): number {
  const tasks = `/proc/${pid}/task`;
  let total = 0;
  for (const task of readdirSync(tasks)) {
    total += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[column]);
  }
  return total;
}

/** Resident memory of `pid`. */
export function residentBytes(pid: number): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

/** Milliseconds that all cores together have been busy since the machine started, steal included. */
export function machineBusyMs(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/ +/);
  const [user = 0, nice = 0, system = 0, _idle, _wait, irq = 0, softIrq = 0, steal = 0] =
    ticks.map(Number);
  return (user + nice + system + irq + softIrq + steal) * TICK_MS;
}

/** The kernel's USER_HZ: 100 on every architecture that Node runs on. */
const TICK_MS = 10;
