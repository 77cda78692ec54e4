/** Counts of one process: lost when it ends, so for development, or where a lost count does not matter. */
import type { Calendar } from './calendar.ts';
import { type Ask, type Counts, type Decision, type Usage, windowKey } from './counts.ts';

/** At most this many keys; the oldest make room. */
const MAX_KEYS = 200_000;
/** Keys looked at for each new one: those of windows that are over go. */
const SWEEP = 4;

interface Count {
  used: number;
  readonly endMs: number;
}

export class MemoryCounts implements Counts {
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();
  /** Walks round the keys, a few steps for each new one. */
  #sweeper: IterableIterator<[string, Count]> | undefined;
  /** Stays at the oldest key: from the start, a Map would step over all that were deleted. */
  #evictor: IterableIterator<string> | undefined;

  /** `now` in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#counts.size;
  }

  take(asks: readonly Ask[]): Decision {
    const look = this.look(asks);
    if (!look.isAdmitted) return look;
    const taken = asks.map(({ key }, i) => {
      const { window } = look.taken[i]!;
      const count = this.#countAt(windowKey(key, window), window.endMs, look.now);
      count.used += 1;
      return { window, used: count.used };
    });
    return { ...look, taken };
  }

  /** What `take` would say, before this request; counts nothing. */
  look(asks: readonly Ask[]): Decision {
    const now = this.#now();
    const taken = asks.map(({ key, calendar }) => this.#usageAt(key, calendar, now));
    const isAdmitted = asks.every(({ limit }, i) => taken[i]!.used < limit);
    return { isAdmitted, taken, now };
  }

  giveBack(asks: readonly Ask[], { taken }: Decision): void {
    for (const [i, { key }] of asks.entries()) {
      const count = this.#counts.get(windowKey(key, taken[i]!.window));
      if (count !== undefined && count.used > 0) count.used -= 1;
    }
  }

  usage(key: string, calendar: Calendar): Usage {
    return this.#usageAt(key, calendar, this.#now());
  }

  reset(key: string, calendar: Calendar): Usage {
    const usage = this.usage(key, calendar);
    this.#counts.delete(windowKey(key, usage.window));
    return usage;
  }

  #usageAt(key: string, calendar: Calendar, now: number): Usage {
    const window = calendar.at(now);
    return { window, used: this.#counts.get(windowKey(key, window))?.used ?? 0 };
  }

  #countAt(key: string, endMs: number, now: number): Count {
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    this.#makeRoom(now);
    const count = { used: 0, endMs };
    this.#counts.set(key, count);
    return count;
  }

  #makeRoom(now: number): void {
    for (let step = 0; step < SWEEP; step++) {
      const next = (this.#sweeper ??= this.#counts.entries()).next();
      if (next.done === true) {
        this.#sweeper = undefined;
        break;
      }
      const [key, { endMs }] = next.value;
      if (endMs <= now) this.#counts.delete(key);
    }
    if (this.#counts.size < MAX_KEYS) return;
    let oldest = (this.#evictor ??= this.#counts.keys()).next();
    if (oldest.done === true) oldest = (this.#evictor = this.#counts.keys()).next();
    if (oldest.done !== true) this.#counts.delete(oldest.value);
  }
}
