/**
 * Ejects a target whose traffic keeps failing, which active checks may not see.
 *
 * Each ejection lasts longer than the previous one, until the target has served well for as long as it
 * was ejected. The last target is never ejected, nor more than a given share of all: if everything fails,
 * the fault is rarely theirs. Synchronous: nothing in it is awaited.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { LocalSlotCount, type SlotCount } from '../core/shared/slot-count.ts';
import type { OutlierConfig } from '../config/build/config.ts';
import type { Target } from './target.ts';

/** The longest ejection, as a multiple of the first one. */
const LONGEST = 10;

export interface OutlierOptions {
  readonly clock: Clock;
  /** The current targets. */
  readonly targets: () => readonly Target[];
  /** A target was ejected for `ejectedMs`, or is back: `undefined`. */
  readonly onChange: (target: Target, ejectedMs: number | undefined) => void;
}

/** The history of one target. */
interface History {
  /** Failures in a row. */
  failures: number;
  /** Ejections in a row. */
  ejections: number;
  /** On the clock: if it serves well until then, earlier ejections are forgotten. */
  forgetAt: number;
  /** On the clock: ejected until then. */
  backAt: number;
  timer: Timer | undefined;
}

export class Outlier {
  #config: OutlierConfig;
  readonly #options: OutlierOptions;
  readonly #histories = new Map<Target, History>();
  /** One slot is held for each ejected target; the limit is computed when a slot is needed. */
  readonly #out: SlotCount = new LocalSlotCount({ slots: 0, queue: 0 });

  constructor(config: OutlierConfig, options: OutlierOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** An attempt at `target` has ended. */
  report(target: Target, failed: boolean): void {
    if (!failed) {
      const known = this.#histories.get(target);
      if (known !== undefined) known.failures = 0;
      return;
    }
    const history = this.#historyOf(target);
    if (history === undefined) return;
    history.failures += 1;
    if (target.isEjected || history.failures < this.#config.consecutive) return;
    this.#out.resize({ slots: this.#most(), queue: 0 });
    if (this.#out.tryAcquire()) this.#eject(target, history);
  }

  /**
   * Applies new options. An ejected target stays out for its full time, unless too many are ejected now.
   */
  change(config: OutlierConfig): void {
    this.#config = config;
    const out = [...this.#histories]
      .filter(([{ isEjected }]) => isEjected)
      .toSorted(([, one], [, other]) => one.backAt - other.backAt);
    const tooMany = Math.max(0, this.#out.used - this.#most());
    for (const [target, history] of out.slice(0, tooMany)) this.#readmit(target, history);
  }

  /** Readmits every target. */
  end(): void {
    for (const [target, history] of this.#histories) {
      if (target.isEjected) this.#readmit(target, history);
    }
    this.close();
  }

  /** Forgets a target that is gone. */
  forget(target: Target): void {
    const history = this.#histories.get(target);
    if (history === undefined) return;
    this.#options.clock.cancel(history.timer);
    this.#histories.delete(target);
    if (target.isEjected) this.#out.release();
  }

  close(): void {
    for (const target of this.#histories.keys()) this.forget(target);
  }

  #most(): number {
    const { length } = this.#options.targets();
    return Math.min(Math.floor(length * this.#config.maxEjected), length - 1);
  }

  #eject(target: Target, history: History): void {
    const { clock, onChange } = this.#options;
    if (clock.now() >= history.forgetAt) history.ejections = 0;
    history.ejections = Math.min(history.ejections + 1, LONGEST);
    const ms = this.#config.ejectMs * history.ejections;
    target.isEjected = true;
    history.backAt = clock.now() + ms;
    history.timer = clock.after(ms, () => {
      history.forgetAt = clock.now() + ms;
      this.#readmit(target, history);
    });
    onChange(target, ms);
  }

  #readmit(target: Target, history: History): void {
    const { clock, onChange } = this.#options;
    clock.cancel(history.timer);
    target.isEjected = false;
    history.failures = 0;
    this.#out.release();
    onChange(target, undefined);
  }

  /** `undefined` for a target that is gone, whose exchanges may still end. */
  #historyOf(target: Target): History | undefined {
    const known = this.#histories.get(target);
    if (known !== undefined || !this.#options.targets().includes(target)) return known;
    const history = { failures: 0, ejections: 0, forgetAt: 0, backAt: 0, timer: undefined };
    this.#histories.set(target, history);
    return history;
  }
}
