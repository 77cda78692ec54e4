/**
 * The generic cell rate algorithm: never more than N at once, nor more than N + N·t/W in any time t,
 * and steady admission of N per W. One number a key (ITU-T I.371 annex A; virtual scheduling form).
 */

export interface Decision {
  readonly allowed: boolean;
  /** Requests that would be admitted now, after this one. */
  readonly remaining: number;
  /** Refused: until the next one is admitted. Admitted: until all of the burst is there again. */
  readonly resetMs: number;
}

/** Sums of steps are not exact; a millionth of a millisecond does not make a request early. */
export const SLACK_MS = 1e-6;

/** Decides on one request of a key whose theoretical arrival time is `arrival`; all in ms. */
export function decide(
  arrival: number | undefined,
  now: number,
  max: number,
  windowMs: number,
  cost = 1,
): Decision & { readonly arrival: number } {
  const step = windowMs / max;
  const next = Math.max(arrival ?? now, now) + step * cost;
  const earliest = next - windowMs;
  const left = Math.floor((now - earliest) / step + SLACK_MS);
  if (earliest > now + SLACK_MS) {
    // What is left may be enough for something cheaper.
    const remaining = Math.max(0, Math.min(cost - 1, left + cost));
    return { allowed: false, remaining, resetMs: earliest - now, arrival: arrival ?? now };
  }
  return { allowed: true, remaining: left, resetMs: next - now, arrival: next };
}

/** At most this many keys; the oldest make room. */
const MAX_KEYS = 200_000;
/** Fewer are not worth looking through. */
const FEW_KEYS = 1_000;
/** Keys looked at for each new one: those whose burst is full again are as good as absent. */
const SWEEP = 4;

/** What is known of a key; changed in place, so that counting looks a key up once. */
interface Entry {
  arrival: number;
}

/** What a request asks of one limit. */
export interface Ask {
  readonly key: string;
  readonly max: number;
  readonly windowMs: number;
  readonly cost: number;
  /** Over it, the request is refused, and no limit counts it; otherwise it is only reported. */
  readonly isBinding: boolean;
}

/** The answer to an {@link Ask}; `at` is the time of the counter, in ms. */
export interface Taken extends Decision {
  readonly at: number;
}

export class GcraMemory {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Walks round the keys, a few steps for each new one. */
  #sweeper: IterableIterator<[string, Entry]> | undefined;
  /** Stays at the oldest key: from the start, a Map would step over all that were deleted. */
  #evictor: IterableIterator<string> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  take(key: string, max: number, windowMs: number): Decision {
    const now = this.#now();
    const known = this.#entries.get(key);
    const decision = decide(known?.arrival, now, max, windowMs);
    if (decision.allowed) this.#note(key, known, decision.arrival, now);
    return decision;
  }

  /** What each limit would decide by itself; counts nothing. */
  lookAll(asks: readonly Ask[]): Taken[] {
    const at = this.#now();
    return asks.map(({ key, max, windowMs, cost }) => ({
      ...decide(this.#entries.get(key)?.arrival, at, max, windowMs, cost),
      at,
    }));
  }

  /** Asks several limits: first all decide, then, where none that is binding refuses, all count. */
  takeAll(asks: readonly Ask[]): Taken[] {
    const at = this.#now();
    const known = asks.map(({ key }) => this.#entries.get(key));
    const decideOn = ({ max, windowMs }: Ask, i: number, cost: number) =>
      decide(known[i]?.arrival, at, max, windowMs, cost);
    const decisions = asks.map((ask, i) => decideOn(ask, i, ask.cost));
    const isRefused = asks.some(({ isBinding }, i) => isBinding && !decisions[i]!.allowed);
    return asks.map((ask, i) => {
      const decision = decisions[i]!;
      if (!decision.allowed) return { ...decision, at };
      if (isRefused) return { ...decideOn(ask, i, 0), at };
      this.#note(ask.key, known[i], decision.arrival, at);
      return { ...decision, at };
    });
  }

  /** Takes back what was counted for a request that another limit has refused since. */
  giveBack(asks: readonly Ask[], taken: readonly Taken[]): void {
    const now = this.#now();
    for (const [i, ask] of asks.entries()) {
      const known = this.#entries.get(ask.key);
      if (known !== undefined) known.arrival -= returnable(ask, taken[i]!, now);
    }
  }

  #note(key: string, known: Entry | undefined, arrival: number, now: number): void {
    if (known !== undefined) {
      known.arrival = arrival;
      return;
    }
    if (this.#entries.size >= FEW_KEYS) this.#makeRoom(now);
    this.#entries.set(key, { arrival });
  }

  #makeRoom(now: number): void {
    for (let step = 0; step < SWEEP; step++) {
      const next = (this.#sweeper ??= this.#entries.entries()).next();
      if (next.done === true) {
        this.#sweeper = undefined;
        break;
      }
      const [key, { arrival }] = next.value;
      if (arrival <= now) this.#entries.delete(key);
    }
    if (this.#entries.size < MAX_KEYS) return;
    let oldest = (this.#evictor ??= this.#entries.keys()).next();
    if (oldest.done === true) oldest = (this.#evictor = this.#entries.keys()).next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}

/**
 * How much of what was counted can be taken back, in ms: all of it at once, less as time passes in
 * which the key would have stood at its full burst without it. More would let others in too early.
 */
function returnable({ max, windowMs, cost }: Ask, { resetMs, at }: Taken, now: number): number {
  const counted = (windowMs / max) * cost;
  return Math.max(0, counted - Math.max(0, now - at - (resetMs - counted)));
}
