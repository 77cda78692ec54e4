/** What every count of slots keeps to, whoever shares it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  LocalSlotCount,
  type SlotBounds,
  type SlotCount,
  Waiter,
} from '../../../src/core/shared/slot-count.ts';

const KINDS: readonly (readonly [name: string, make: (bounds: SlotBounds) => SlotCount])[] = [
  ['of one thread', (bounds) => new LocalSlotCount(bounds)],
];

const bounds = fc.record({
  slots: fc.integer({ min: 1, max: 5 }),
  queue: fc.integer({ min: 0, max: 5 }),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ does: 'come' } as const) },
  { weight: 4, arbitrary: fc.constant({ does: 'release' } as const) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('leave' as const), who: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('resize' as const), to: bounds }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Recorded extends Waiter {
  readonly #onGranted: (waiter: Recorded) => void;

  constructor(onGranted: (waiter: Recorded) => void) {
    super();
    this.#onGranted = onGranted;
  }

  onGranted(): void {
    this.#onGranted(this);
  }
}

/** A count, and beside it what it should say. */
class Played {
  readonly count: SlotCount;
  #bounds: SlotBounds;
  #held = 0;
  #waiting: Waiter[] = [];

  constructor(count: SlotCount, first: SlotBounds) {
    this.count = count;
    this.#bounds = first;
  }

  play(each: Step): void {
    if (each.does === 'come') this.#come();
    else if (each.does === 'leave') this.#leave(each.who);
    else if (each.does === 'resize') {
      this.#bounds = each.to;
      this.count.resize(each.to);
    } else if (this.#held > 0) {
      this.#held -= 1;
      this.count.release();
    }
    this.#check();
  }

  #come(): void {
    const isFree = this.#waiting.length === 0 && this.#held < this.#bounds.slots;
    expect(this.count.tryAcquire()).toBe(isFree);
    if (isFree) {
      this.#held += 1;
      return;
    }
    const waiter = new Recorded((granted) => {
      // In the order in which they came.
      expect(granted).toBe(this.#waiting.shift());
      this.#held += 1;
    });
    const mayWait = this.#waiting.length < this.#bounds.queue;
    if (mayWait) this.#waiting.push(waiter);
    expect(this.count.enqueue(waiter)).toBe(mayWait);
  }

  #leave(who: number): void {
    const waiter = this.#waiting[who];
    if (waiter === undefined) return;
    this.#waiting.splice(who, 1);
    expect(this.count.leave(waiter)).toBe(true);
    expect(this.count.leave(waiter)).toBe(false);
  }

  #check(): void {
    const { used, queued, waiters } = this.count;
    expect([used, queued, [...waiters]]).toEqual([this.#held, this.#waiting.length, this.#waiting]);
    // Nobody waits while a slot is free.
    if (queued > 0) expect(used).toBeGreaterThanOrEqual(this.#bounds.slots);
  }
}

describe.each(KINDS)('a count of slots %s', (_name, make) => {
  test('loses none, grants in order, and lets nobody wait for a free one', () => {
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 120 }), (first, steps) => {
        const played = new Played(make(first), first);
        for (const each of steps) played.play(each);
      }),
      { numRuns: 300 },
    );
  });

  test('of fewer slots than are held grants none until enough are given back', () => {
    const count = make({ slots: 3, queue: 1 });
    for (let i = 0; i < 3; i++) expect(count.tryAcquire()).toBe(true);
    let granted = 0;
    count.enqueue(new Recorded(() => (granted += 1)));
    count.resize({ slots: 1, queue: 0 });
    count.release();
    count.release();
    expect([count.used, granted]).toEqual([1, 0]);
    count.release();
    expect([count.used, granted]).toEqual([1, 1]);
  });
});
