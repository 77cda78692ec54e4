/** A clock that the test moves; for what also needs real sockets, where fake timers would not do. */
import type { Clock, Timer } from '../../src/core/clock.ts';

interface ManualTimer extends Timer {
  readonly at: number;
}

export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Timers that are running. */
  readonly pending: number;
}

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
  };
}
