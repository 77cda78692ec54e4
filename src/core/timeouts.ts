/**
 * Many timers of one length, as one: what every call needs, and nearly none ever sees fire.
 *
 * Those that were started first end first, so that a list and one timer for its head will do: to start
 * or to stop one is a few assignments, where a timer of Node's own costs as much as matching a request.
 */
import type { Clock, Timer } from './clock.ts';

/** Timers may fire a fraction of a millisecond early. */
const EARLY_MS = 1;

export class Timeouts {
  readonly #ms: number;
  readonly #clock: Clock;
  #first: Timeout | undefined;
  #last: Timeout | undefined;
  #timer: Timer | undefined;

  constructor(ms: number, clock: Clock) {
    this.#ms = ms;
    this.#clock = clock;
  }

  /** Runs `task` once, this length from `now`, unless stopped. */
  start(task: () => void, now: number = this.#clock.now()): Timeout {
    const timeout = new Timeout(this, task, now + this.#ms);
    const last = this.#last;
    this.#last = timeout;
    if (last === undefined) {
      this.#first = timeout;
      this.#timer ??= this.#clock.after(this.#ms, this.#run);
    } else {
      last.next = timeout;
      timeout.previous = last;
    }
    return timeout;
  }

  /** @internal */
  remove(timeout: Timeout): void {
    const { previous, next } = timeout;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    timeout.previous = undefined;
    timeout.next = undefined;
    if (this.#first !== undefined) return;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    const due = this.#clock.now() + EARLY_MS;
    try {
      for (let first = this.#first; first !== undefined && first.at <= due; first = this.#first) {
        first.stop();
        first.task();
      }
    } finally {
      const next = this.#first;
      if (next !== undefined) {
        this.#timer ??= this.#clock.after(Math.max(next.at - this.#clock.now(), 0), this.#run);
      }
    }
  };
}

/** One that was started. */
export class Timeout {
  readonly #list: Timeouts;
  readonly task: () => void;
  /** On the clock. */
  readonly at: number;
  previous: Timeout | undefined = undefined;
  next: Timeout | undefined = undefined;
  #isRunning = true;

  constructor(list: Timeouts, task: () => void, at: number) {
    this.#list = list;
    this.task = task;
    this.at = at;
  }

  /** The second time does nothing. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#list.remove(this);
  }
}
