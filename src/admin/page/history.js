/** The figures of the last hour, one a second since the page was opened, for its plots. */

/** @import { Snapshot } from '../page-data.ts' */

/** Points at most: an hour of seconds. */
const MOST = 3_600;
/** Seconds without a snapshot after which a line is interrupted. */
const GAP = 3.5;

/** What is plotted. */
export const FIGURES = /** @type {const} */ ([
  'requests',
  'refusals',
  'errors',
  'p50',
  'p95',
  'p99',
]);
/** @typedef {typeof FIGURES[number]} Figure */

/** @typedef {ReturnType<typeof createHistory>} History */

export function createHistory() {
  /** In seconds since 1970. @type {number[]} */
  const times = [];
  /** @type {Record<Figure, (number | null)[]>} */
  const figures = { requests: [], refusals: [], errors: [], p50: [], p95: [], p99: [] };
  /** @type {Set<() => void>} */
  const listeners = new Set();

  /**
   * @param {number} time
   * @param {Partial<Record<Figure, number>>} values
   */
  const push = (time, values) => {
    times.push(time);
    for (const name of FIGURES) figures[name].push(values[name] ?? null);
    if (times.length <= MOST) return;
    times.shift();
    for (const name of FIGURES) figures[name].shift();
  };

  return {
    times: /** @type {readonly number[]} */ (times),
    figures: /** @type {Readonly<Record<Figure, readonly (number | null)[]>>} */ (figures),
    /** @param {Snapshot} snapshot */
    add({ at, windowSeconds, totals }) {
      const time = Date.parse(at) / 1_000;
      const last = times.at(-1) ?? time;
      // Rates need two moments, and time goes on.
      if (windowSeconds === 0 || time < last) return;
      if (time - last > GAP) push(last + 1, {});
      const { requestsPerSecond, refusalsPerSecond, errorsPerSecond, latency } = totals;
      push(time, {
        requests: requestsPerSecond,
        refusals: refusalsPerSecond,
        errors: errorsPerSecond,
        ...(latency && { p50: latency.p50Ms, p95: latency.p95Ms, p99: latency.p99Ms }),
      });
      for (const listener of listeners) listener();
    },
    /**
     * @param {() => void} listener  called after each point
     * @returns {() => void}  ends that
     */
    follow(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
