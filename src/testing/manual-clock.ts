/** A clock that the test moves. It suits tests with real sockets, which the fake timers of test runners break. */
import type { Clock, Timer } from '../core/clock.ts';

interface ManualTimer extends Timer {
  readonly at: number;
}

export interface ManualClock extends Clock {
  /** Moves the time on by `ms`, and runs what is due on the way, in order. */
  advance(ms: number): void;
  /** How many timers are running. */
  readonly pending: number;
  /** Milliseconds until the first of them is due; `undefined` if none is running. */
  readonly untilNext: number | undefined;
}

/** A clock that stands still until `advance` is called: `testGateway({ clock: manualClock() })`. */
export function manualClock(): ManualClock {
  let now = 0;
  const timers = new Map<ManualTimer, () => void>();
  const after = (ms: number, task: () => void): ManualTimer => {
    let at = now + ms;
    const timer: ManualTimer = {
      get at() {
        return at;
      },
      refresh: () => {
        at = now + ms;
        timers.set(timer, task);
      },
    };
    timers.set(timer, task);
    return timer;
  };
  const nextDue = (until: number): [ManualTimer, () => void] | undefined =>
    [...timers].filter(([{ at }]) => at <= until).toSorted(([a], [b]) => a.at - b.at)[0];
  return {
    now: () => now,
    after,
    cancel: (timer) => void timers.delete(timer as ManualTimer),
    advance(ms) {
      const until = now + ms;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        const [timer, task] = due;
        timers.delete(timer);
        now = timer.at;
        task();
      }
      now = until;
    },
    get pending() {
      return timers.size;
    },
    get untilNext() {
      const due = nextDue(Number.POSITIVE_INFINITY);
      return due === undefined ? undefined : Math.max(due[0].at - now, 0);
    },
  };
}
