/**
 * A bounded number of slots with a queue: the counter behind a bulkhead.
 *
 * It is synchronous and does not know what a slot is for, so that threads could share one. Waiters are
 * called back.
 */
import { Linked, LinkedList } from '../linked-list.ts';

export interface SlotBounds {
  /** Slots that may be held at once. */
  readonly slots: number;
  /** The most waiters; 0: none. */
  readonly queue: number;
}

export interface SlotCount {
  readonly used: number;
  readonly queued: number;
  /** The waiters, in order. */
  readonly waiters: Iterable<Waiter>;
  /** The waiters, newest first. */
  readonly newestWaiters: Iterable<Waiter>;
  /** False if no slot is free, or if others already wait: nobody jumps the queue. */
  tryAcquire(): boolean;
  /** False if the queue is full. Otherwise `waiter` is called once it holds a slot. */
  enqueue(waiter: Waiter): boolean;
  /**
   * Removes `waiter` from the queue. False if it was not waiting because it holds a slot, which it must
   * then release.
   */
  leave(waiter: Waiter): boolean;
  /** Frees a slot, which goes to the longest waiter at once. */
  release(): void;
  /**
   * Changes the bounds. Held slots stay held and waiters keep waiting; slots that become free are granted
   * at once.
   */
  resize(bounds: SlotBounds): void;
}

/** Waits for a slot, in one queue at most. */
export abstract class Waiter extends Linked<Waiter> {
  /** Called when it gets a slot. */
  abstract onGranted(): void;
}

/** Slots of this thread only. */
export class LocalSlotCount implements SlotCount {
  readonly waiters = new LinkedList<Waiter>();
  #bounds: SlotBounds;
  #used = 0;

  constructor(bounds: SlotBounds) {
    this.#bounds = bounds;
  }

  get newestWaiters(): Iterable<Waiter> {
    return this.waiters.backwards();
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
