/**
 * Many timers of the same length, run by one: every call needs them, and they hardly ever fire.
 *
 * Timers that start first end first, so a list and one timer for its head are enough. Starting or
 * stopping one takes a few assignments; a separate Node timer would cost as much as matching a request.
 */
import type { Clock, Timer } from './clock.ts';
import { Linked, LinkedList } from './linked-list.ts';

/** Timers may fire a fraction of a millisecond early. */
const EARLY_MS = 1;

export class Timeouts {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #list = new LinkedList<Timeout>();
  #timer: Timer | undefined;

  constructor(ms: number, clock: Clock) {
    this.#ms = ms;
    this.#clock = clock;
  }

  /** Runs `task` once, after this length from `now`, unless stopped. */
  start(task: () => void, now?: number): Timeout {
    const timeout = new TaskTimeout(task);
    this.begin(timeout, now);
    return timeout;
  }

  /**
   * Makes `timeout`, which must not be running, expire once, after this length from `now`, unless
   * stopped.
   */
  begin(timeout: Timeout, now: number = this.#clock.now()): void {
    timeout.at = now + this.#ms;
    timeout.timeouts = this;
    this.#list.add(timeout);
    this.#timer ??= this.#clock.after(this.#ms, this.#run);
  }

  /** @internal */
  remove(timeout: Timeout): void {
    if (!this.#list.remove(timeout) || this.#list.size > 0) return;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    const due = this.#clock.now() + EARLY_MS;
    try {
      for (let next = this.#list.first; next !== undefined && next.at <= due;) {
        this.remove(next);
        next.expire();
        next = this.#list.first;
      }
    } finally {
      const next = this.#list.first;
      if (next !== undefined) {
        this.#timer ??= this.#clock.after(Math.max(next.at - this.#clock.now(), 0), this.#run);
      }
    }
  };
}

/** One of these timers. */
export abstract class Timeout extends Linked<Timeout> {
  /** @internal When it ends, on the clock. */
  at = 0;
  /** @internal The timers that it belongs to, once it has begun. */
  timeouts: Timeouts | undefined = undefined;

  abstract expire(): void;

  /** Does nothing if it has not begun or is over. */
  stop(): void {
    this.timeouts?.remove(this);
  }
}

class TaskTimeout extends Timeout {
  readonly expire: () => void;

  constructor(task: () => void) {
    super();
    this.expire = task;
  }
}
