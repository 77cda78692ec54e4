/**
 * Warms a process until its CPU time per request no longer falls.
 *
 * V8 compiles on the core that also serves. How long that takes depends on the code, so a fixed time is too short for
 * one subject and wasted on another.
 */
import { cpuPerRequest, type Measurement } from './load/measurement.ts';
import { median } from './summary.ts';

export interface Limits {
  /** Load that a process gets even where it is stable from the start. */
  readonly leastMs: number;
  /** Load after which it is measured as it is. */
  readonly mostMs: number;
}

export interface Window {
  readonly elapsedMs: number;
  /** CPU time per request in it, in any unit. */
  readonly cost: number;
}

/** 4 s to 20 s. */
export const WARM_UP: Limits = { leastMs: 4_000, mostMs: 20_000 };
/** Length of one window; a generator that counts whole seconds makes it longer. */
export const WINDOW_MS = 500;

/** Windows a median is taken of: one disturbed window does not decide. */
const WINDOWS = 4;
/** By more than this, the cost still falls. */
const FALL = 0.03;

/**
 * Whether the cost no longer falls: the median of the last four windows is at most 3 % below that of the four before.
 * A cost that rises is noise, and warm. A window without an answer costs `Infinity`.
 */
export function isStable(costs: readonly number[]): boolean {
  if (costs.length < 2 * WINDOWS) return false;
  const last = median(costs.slice(-WINDOWS));
  const before = median(costs.slice(-2 * WINDOWS, -WINDOWS));
  return last < Infinity && last >= before * (1 - FALL);
}

/** Whether `windows`, in order, are enough. */
export function isWarm(windows: readonly Window[], { leastMs, mostMs }: Limits): boolean {
  const elapsedMs = windows.reduce((total, window) => total + window.elapsedMs, 0);
  if (elapsedMs >= mostMs) return true;
  return elapsedMs >= leastMs && isStable(windows.map(({ cost }) => cost));
}

/**
 * Puts load on a process, window by window, until it is warm.
 *
 * @param measure one window of load of that many milliseconds
 * @returns the load it got, in milliseconds
 */
export async function warmUp(
  measure: (windowMs: number) => Promise<Measurement>,
  limits: Limits = WARM_UP,
): Promise<number> {
  const windows: Window[] = [];
  while (!isWarm(windows, limits)) {
    const measurement = await measure(WINDOW_MS);
    const { elapsedMs, requests } = measurement;
    windows.push({ elapsedMs, cost: requests === 0 ? Infinity : cpuPerRequest(measurement) });
  }
  return windows.reduce((total, { elapsedMs }) => total + elapsedMs, 0);
}
