/** Recently approved requests, by what was asked about them; refusals are not kept. */

/** What was copied from the answer: field → value. */
export type Copied = readonly (readonly [field: string, value: string])[];

interface Entry {
  readonly copied: Copied;
  /** Monotonic clock, ms. */
  readonly until: number;
}

const MAX_ENTRIES = 10_000;

export class Decisions {
  readonly #entries = new Map<string, Entry>();

  get(key: string, now: number): Copied | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > now) return entry?.copied;
    this.#entries.delete(key);
    return undefined;
  }

  /** All live equally long, so that the first one in is the first to go. */
  set(key: string, copied: Copied, until: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { copied, until });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }
}
