/**
 * Time as the gateway sees it, handed in wherever it matters so that tests can move it.
 *
 * `now` is monotonic: a wall clock that is set back never extends a deadline.
 */

export interface Timer {
  /** Starts the same span anew. */
  refresh(): unknown;
}

export interface Clock {
  /** Milliseconds since some fixed moment; only differences mean anything. */
  now(): number;
  /** Runs `task` once, `ms` from now, unless cancelled. */
  after(ms: number, task: () => void): Timer;
  cancel(timer: Timer | undefined): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, task) => setTimeout(task, ms),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
