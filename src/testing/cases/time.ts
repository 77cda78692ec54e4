/**
 * The time of a test case: it stands still while the gateway works, and is moved to the next timer as soon as nothing
 * else can happen. A timeout of a minute passes in a few milliseconds, and a rate limit never refills by chance.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { OwnWaits } from './own-waits.ts';
import { manualClock } from '../manual-clock.ts';

/**
 * So many turns of the event loop must have brought nothing before the time is moved. They are counted, and not
 * measured: on a busy machine, all that goes on here takes longer, too.
 */
const QUIET_TURNS = { upstream: 10, other: 60 } as const;
/** While no upstream lets the gateway wait, something may go on that is not seen here: the time goes in short steps. */
const STEP_MS = 20;
/** In real milliseconds: the longest that a request may take, and that it may hang without any timer. */
const LONGEST_MS = 10_000;
const HUNG_MS = 1_000;
/** In real milliseconds: the longest that a handler's own timer is waited for. */
const OWN_MS = 5_000;
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
      for (let turn = 0; turn < QUIET_TURNS.upstream; turn += 1) await nextTurn();
    }
  }

  /** Waits for what `start` starts, and moves the time wherever that only waits. @throws {NoAnswer} */
  async until<T>(start: () => Promise<T>): Promise<T> {
    const own = new OwnWaits();
    const work = own.run(start);
    const state = { isDone: false };
    const done = (): void => {
      state.isDone = true;
      own.end();
    };
    work.then(done, done);
    const startedAt = performance.now();
    const endsAt = this.now + MOST_SKIPPED_MS;
    let quiet = { activity: this.#activity, since: startedAt, turns: 0 };
    while (!state.isDone) {
      await (quiet.turns < QUIET_TURNS.other ? nextTurn() : shortSleep());
      const now = performance.now();
      if (quiet.activity !== this.#activity) {
        quiet = { activity: this.#activity, since: now, turns: 0 };
      }
      if (now - startedAt > LONGEST_MS || this.now > endsAt) {
        throw new NoAnswer('none, however long it waited');
      }
      quiet.turns += 1;
      if (quiet.turns < this.#quietTurns) continue;
      if (own.areOpen && now - quiet.since < OWN_MS) await shortSleep();
      else this.#skip(now - quiet.since);
    }
    return work;
  }

  get #quietTurns(): number {
    return this.#options.isUpstreamWaiting() ? QUIET_TURNS.upstream : QUIET_TURNS.other;
  }

  #skip(quietMs: number): void {
    const ms = this.#manual.untilNext;
    if (ms !== undefined) {
      const isWhole = this.#options.isUpstreamWaiting() || ms <= STEP_MS;
      if (isWhole) this.note();
      this.#manual.advance(isWhole ? ms : STEP_MS);
    } else if (quietMs > HUNG_MS) {
      throw new NoAnswer('none, and nothing is left that could bring one');
    }
  }

  #noted(timer: Timer): Timer {
    this.note();
    return timer;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const shortSleep = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
