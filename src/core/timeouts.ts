/**
 * Many timers of one length, as one: every call needs them, and they hardly ever fire.
 *
 * Timers that start first end first, so a list and one timer for its head are enough. Starting
 * or stopping one is a few assignments; a Node timer of its own would cost as much as matching a request.
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

  /** Runs `task` once, this length from `now`, unless stopped. */
  start(task: () => void, now?: number): Timeout {
    const timeout = new TaskTimeout(task);
    this.begin(timeout, now);
    return timeout;
  }

  /** Has `timeout`, which is not under way, expire once, this length from `now`, unless stopped. */
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

/** One of them, from when it begins until it is over. */
export abstract class Timeout extends Linked<Timeout> {
  /** @internal On the clock. */
  at = 0;
  /** @internal Where it has begun. */
  timeouts: Timeouts | undefined = undefined;

  abstract expire(): void;

  /** The second time does nothing, nor does it where it has not begun. */
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
