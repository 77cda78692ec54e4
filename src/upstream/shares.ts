/** The slots of routes that may hold only a share of an upstream's slots, by route name. */
import type { BulkheadConfig } from '../config/build/config.ts';
import type { SlotSize, Slots } from '../policies/bulkhead.ts';

interface Entry {
  readonly slots: Slots;
  readonly users: Set<object>;
}

export class Shares {
  readonly #make: (size: SlotSize) => Slots;
  readonly #entries = new Map<string, Entry>();

  constructor(make: (size: SlotSize) => Slots) {
    this.#make = make;
  }

  /** The slots of every route with a share. */
  *all(): Generator<Slots> {
    for (const { slots } of this.#entries.values()) yield slots;
  }

  /**
   * The slots of `route`: the existing ones, or new ones of `size`. They stay until every `user` gives
   * them back.
   */
  of(route: string, user: object, size: SlotSize): Slots {
    const entry = this.#entries.get(route) ?? { slots: this.#make(size), users: new Set() };
    this.#entries.set(route, entry);
    entry.users.add(user);
    return entry.slots;
  }

  /** Ends the use by `user` and drops slots that nobody else uses. */
  giveBack(user: object): void {
    for (const [route, { users }] of this.#entries) {
      if (users.delete(user) && users.size === 0) this.#entries.delete(route);
    }
  }
}

/** The size of `share` of `bulkhead`: at least one slot. */
export const sizeOfShare = (
  { concurrency, queue, waitMs }: BulkheadConfig,
  share: number,
): SlotSize => ({
  concurrency: Math.max(1, Math.floor(concurrency * share)),
  queue: Math.floor(queue * share),
  waitMs,
});
