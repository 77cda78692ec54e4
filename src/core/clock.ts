/**
 * Time as the gateway sees it, passed in wherever it matters so that tests can move it.
 *
 * `now` is monotonic: setting back the wall clock never extends a deadline.
 *
 * A timer never blames others for time in which the gateway itself stood still: it was stopped (SIGSTOP,
 * a frozen container, a sleeping machine), or a hook blocked it. A late timer lets arrived bytes be
 * read before its task runs; a very late one gives the lost time back, once and up to a second.
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

/** A timer that fires so late first lets what has arrived be read. */
const LATE_MS = 5;
/** A timer that fires so late tells that the process stood still, and not only that it is busy. */
const STOOD_STILL_MS = 100;
/** The most that is given back: enough for a few more steps, such as a handshake or a turn in a queue. */
const GIVEN_BACK_MS = 1_000;

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, task) => new SystemTimer(ms, task),
  // No other timers are made here.
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
   * Node runs timers before it reads sockets when a stopped process goes on (epoll ends with EINTR), or
   * when a hook has blocked it. A turn of the event loop lies between `setImmediate` and its task.
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
