/** What the machine spent while something ran. */
import { machineBusyMs } from '../../src/load/cpu-time.ts';
import type { LoadOrder, Usage } from './measurement.ts';
import { reapedMs, treeTimeNs } from './tree.ts';

/** Reads the clocks, waits for `work`, and reads them again. */
export async function usageOf(
  { pid, upstreamPid }: LoadOrder,
  work: () => Promise<unknown>,
): Promise<Usage> {
  const strangers = (): number =>
    machineBusyMs() -
    [pid, upstreamPid, process.pid].reduce((total, each) => total + treeTimeNs(each) / 1e6, 0) -
    reapedMs(process.pid);
  const begunAt = performance.now();
  const strangersMs = strangers();
  const begunNs = treeTimeNs(pid);
  await work();
  const cpuNs = treeTimeNs(pid) - begunNs;
  return {
    cpuNs,
    elapsedMs: performance.now() - begunAt,
    strangersMs: strangers() - strangersMs,
  };
}
