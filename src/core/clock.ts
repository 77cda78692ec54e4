/**
 * The gateway's time, passed in wherever it matters, so that tests can control it.
 *
 * `now` is monotonic: setting back the wall clock never extends a deadline.
 *
 * A timer never blames others for time in which the gateway itself was stopped (SIGSTOP, a frozen
 * container, a sleeping machine) or blocked by a hook. If a timer fires late, bytes that have arrived are
 * read before its task runs. If it fires very late, it gives the lost time back, once and up to a second.
 */

export interface Timer {
  /** Restarts the timer with the same duration. */
  refresh(): unknown;
}

export interface Clock {
  /** Milliseconds since a fixed moment; only differences have a meaning. */
  now(): number;
  /** Runs `task` once, `ms` from now, unless cancelled. */
  after(ms: number, task: () => void): Timer;
  cancel(timer: Timer | undefined): void;
}

/** A timer that is this late first lets arrived bytes be read. */
const LATE_MS = 5;
/** A timer that is this late means that the process was stopped, not just busy. */
const STOOD_STILL_MS = 100;
/** The most time given back: enough for a few more steps, such as a handshake or a turn in a queue. */
const GIVEN_BACK_MS = 1_000;

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, task) => new SystemTimer(ms, task),
  // The cast holds: this clock makes no other timers.
  cancel: (timer) => (timer as SystemTimer | undefined)?.stop(),
};

class SystemTimer implements Timer {
  readonly #ms: number;
  readonly #task: () => void;
  #startedAt = performance.now();
  #timeout: NodeJS.Timeout;
  #turn: NodeJS.Immediate | undefined;
  #isExtended = false;

  constructor(ms: number, task: () => void) {
    this.#ms = ms;
    this.#task = task;
    this.#timeout = setTimeout(fire, ms, this);
  }

  refresh(): this {
    this.#startedAt = performance.now();
    clearImmediate(this.#turn);
    if (this.#isExtended) {
      this.#isExtended = false;
      clearTimeout(this.#timeout);
      this.#timeout = setTimeout(fire, this.#ms, this);
    } else this.#timeout.refresh();
    return this;
  }

  stop(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#turn);
  }

  /**
   * Node runs timers before it reads sockets when a stopped process continues (epoll ends with EINTR), or
   * after a hook has blocked it. `setImmediate` runs its task after the sockets have been read.
   */
  fire(): void {
    const lateMs = performance.now() - this.#startedAt - this.#ms;
    if (lateMs < LATE_MS) this.#task();
    else if (lateMs < STOOD_STILL_MS || this.#isExtended) this.#turn = setImmediate(this.#task);
    else {
      this.#isExtended = true;
      this.#timeout = setTimeout(fire, Math.min(lateMs, GIVEN_BACK_MS), this);
    }
  }
}

const fire = (timer: SystemTimer): void => timer.fire();
