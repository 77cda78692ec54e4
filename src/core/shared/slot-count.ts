/**
 * A bounded number of slots, and a queue for them: what a bulkhead counts with.
 *
 * Nothing here is awaited and nothing knows what a slot is for, so that threads can share one some day:
 * waiters are called back.
 */
import { Linked, LinkedList } from '../linked-list.ts';

export interface SlotBounds {
  /** Slots that may be held at once. */
  readonly slots: number;
  /** Who may wait; 0: nobody. */
  readonly queue: number;
}

export interface SlotCount {
  readonly used: number;
  readonly queued: number;
  /** Those who wait, in their order. */
  readonly waiters: Iterable<Waiter>;
  /** False where none is free, or somebody waits already: nobody jumps in. */
  tryAcquire(): boolean;
  /** False where as many wait as may. Else `waiter` is told once it holds a slot. */
  enqueue(waiter: Waiter): boolean;
  /** It waits no more. False where it did not, having been granted a slot: then it gives that back. */
  leave(waiter: Waiter): boolean;
  /** The slot goes to whoever has waited longest, here and now. */
  release(): void;
  /** What is held stays held, and whoever waits goes on waiting; what that frees is granted at once. */
  resize(bounds: SlotBounds): void;
}

/** Waits for a slot: in one queue at most. */
export abstract class Waiter extends Linked<Waiter> {
  /** It holds a slot from now on. */
  abstract onGranted(): void;
}

/** Slots of this thread alone. */
export class LocalSlotCount implements SlotCount {
  readonly waiters = new LinkedList<Waiter>();
  #bounds: SlotBounds;
  #used = 0;

  constructor(bounds: SlotBounds) {
    this.#bounds = bounds;
  }

  get used(): number {
    return this.#used;
  }

  get queued(): number {
    return this.waiters.size;
  }

  tryAcquire(): boolean {
    if (this.waiters.size > 0 || this.#used >= this.#bounds.slots) return false;
    this.#used += 1;
    return true;
  }

  enqueue(waiter: Waiter): boolean {
    if (this.waiters.size >= this.#bounds.queue) return false;
    this.waiters.add(waiter);
    return true;
  }

  leave(waiter: Waiter): boolean {
    return this.waiters.remove(waiter);
  }

  release(): void {
    this.#used -= 1;
    this.#grant();
  }

  resize(bounds: SlotBounds): void {
    this.#bounds = bounds;
    this.#grant();
  }

  #grant(): void {
    while (this.#used < this.#bounds.slots) {
      const { first } = this.waiters;
      if (first === undefined) return;
      this.waiters.remove(first);
      this.#used += 1;
      first.onGranted();
    }
  }
}
