/**
 * The time of a test case: it stands still while the gateway works, and is moved to the next timer as soon as nothing
 * else can happen. A timeout of a minute passes in a few milliseconds, and a rate limit never refills by chance.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { manualClock } from '../manual-clock.ts';

/** In real milliseconds: how long nothing must have happened before the time is moved. */
const QUIET_MS = {
  /** While an upstream lets the gateway wait, there is nothing else to wait for. */
  upstream: 2,
  /** A BFF or plugin may wait for something that is not seen here. */
  other: 50,
} as const;
const QUIET_TURNS = 10;
/** In real milliseconds: the longest that a request may take, and that it may hang without any timer. */
const LONGEST_MS = 10_000;
const HUNG_MS = 1_000;
/** By the clock of the case. */
const MOST_SKIPPED_MS = 24 * 3_600_000;

/** No answer came. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export interface TimeOptions {
  /** Milliseconds since 1970, at the start. */
  readonly startsAt: number;
  /** Does any upstream let the gateway wait? */
  readonly isUpstreamWaiting: () => boolean;
}

export class CaseTime {
  readonly #options: TimeOptions;
  readonly #manual = manualClock();
  /** Grows with each timer that is started or stopped, and with each `note`. */
  #activity = 0;
  readonly clock: Clock;

  constructor(options: TimeOptions) {
    this.#options = options;
    const manual = this.#manual;
    this.clock = {
      now: () => manual.now(),
      after: (ms, task) => this.#noted(manual.after(ms, task)),
      cancel: (timer: Timer | undefined) => {
        if (timer !== undefined) manual.cancel(this.#noted(timer));
      },
    };
  }

  get now(): number {
    return this.#manual.now();
  }

  readonly wallClock = (): number => this.#options.startsAt + this.#manual.now();

  /** Something has happened. */
  note(): void {
    this.#activity += 1;
  }

  /** Moves the time on by `ms`; what comes of it happens before this resolves. */
  async pass(ms: number): Promise<void> {
    this.#manual.advance(ms);
    await this.settled();
  }

  /** Resolves once nothing more happens by itself, such as calls that go on after an answer. */
  async settled(): Promise<void> {
    let before = -1;
    while (this.#activity !== before) {
      before = this.#activity;
      for (let turn = 0; turn < QUIET_TURNS; turn += 1) await nextTurn();
    }
  }

  /** Waits for `work`, and moves the time wherever that only waits. @throws {NoAnswer} */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    work.then(done, done);
    const startedAt = performance.now();
    const endsAt = this.now + MOST_SKIPPED_MS;
    const usual = resourcesInUse();
    let quiet = { activity: this.#activity, since: startedAt, turns: 0 };
    while (!isDone) {
      await nextTurn();
      const now = performance.now();
      if (quiet.activity !== this.#activity) {
        quiet = { activity: this.#activity, since: now, turns: 0 };
      }
      if (now - startedAt > LONGEST_MS || this.now > endsAt) {
        throw new NoAnswer('no answer came, however long it waited');
      }
      quiet.turns += 1;
      if (!this.#isQuiet(quiet, now)) continue;
      if (resourcesInUse() > usual) await sleep();
      else this.#skip(now - quiet.since);
    }
    return work;
  }

  #isQuiet({ since, turns }: { readonly since: number; readonly turns: number }, now: number) {
    const ms = this.#options.isUpstreamWaiting() ? QUIET_MS.upstream : QUIET_MS.other;
    return turns >= QUIET_TURNS && now - since >= ms;
  }

  #skip(quietMs: number): void {
    const ms = this.#manual.untilNext;
    if (ms !== undefined) {
      this.note();
      this.#manual.advance(ms);
    } else if (quietMs > HUNG_MS) {
      throw new NoAnswer('no answer came, and nothing is left that could bring one');
    }
  }

  #noted(timer: Timer): Timer {
    this.note();
    return timer;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sleep = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** What a handler may be waiting for besides upstreams: files, names, and timers of its own. */
const resourcesInUse = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /^(FSReq|GetAddrInfo|Timeout|Worker)/.test(name)).length;
