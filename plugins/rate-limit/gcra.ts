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

/** Decides on one request of a key whose theoretical arrival time is `arrival`; all in ms. */
export function decide(
  arrival: number | undefined,
  now: number,
  max: number,
  windowMs: number,
): Decision & { readonly arrival: number } {
  const step = windowMs / max;
  const next = Math.max(arrival ?? now, now) + step;
  const earliest = next - windowMs;
  // Sums of steps are not exact; a millionth of a millisecond is no early request.
  if (earliest > now + 1e-6) {
    return { allowed: false, remaining: 0, resetMs: earliest - now, arrival: arrival ?? now };
  }
  const remaining = Math.floor((now - earliest) / step + 1e-6);
  return { allowed: true, remaining, resetMs: next - now, arrival: next };
}

/** At most this many keys; those counted for longest make room. */
const MAX_KEYS = 200_000;
/** Fewer are not worth looking through. */
const FEW_KEYS = 1_000;
/** Keys looked at for each new one: those whose burst is full again are as good as absent. */
const SWEEP = 4;

/** What is known of a key; changed in place, so that counting looks a key up once. */
interface Entry {
  arrival: number;
}

export class GcraMemory {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Walks round the keys, a few steps for each new one. */
  #sweeper: IterableIterator<[string, Entry]> | undefined;

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
    if (!decision.allowed) return decision;
    if (known !== undefined) known.arrival = decision.arrival;
    else {
      if (this.#entries.size >= FEW_KEYS) this.#makeRoom(now);
      this.#entries.set(key, { arrival: decision.arrival });
    }
    return decision;
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
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
