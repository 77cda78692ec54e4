/**
 * Bounds how many exchanges an upstream holds at once, so that a slow upstream cannot take down the whole
 * gateway.
 *
 * A slot is held until the body closes, not until the head arrives. A call that finds no slot waits in
 * order, for a bounded time, in a bounded queue; meanwhile slow clients give way (see slot.ts).
 *
 * Not cockatiel's bulkhead: that one frees its slot when a function settles, so each call would need an
 * extra promise held open. Its queue is not fair, and aborted waiters stay in it.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Guard } from '../core/sender.ts';
import { LinkedList } from '../core/linked-list.ts';
import { LocalSlotCount, type SlotBounds, type SlotCount } from '../core/shared/slot-count.ts';
import { FairQueue } from './fair-queue.ts';
import { type GivenUp, Slot, slotToGiveWay } from './slot.ts';
import { WaitingCall } from './waiting-call.ts';

/** How often the held slots are checked for slow clients while calls wait. */
const LOOK_MS = 100;
/** After a check that freed nothing, none is made for this long, however many calls are refused. */
const VAIN_MS = 10;

export interface SlotSize {
  /** Exchanges open at once. */
  readonly concurrency: number;
  /** Calls that may wait; 0 never waits. */
  readonly queue: number;
  readonly waitMs: number;
}

export interface SlotOptions extends SlotSize {
  readonly clock: Clock;
  /** Its name in refusals. Default: the upstream. */
  readonly whose?: string;
  /** Called for each exchange that gave way. */
  readonly onGivenUp?: ((given: GivenUp) => void) | undefined;
}

/** The slots of one upstream, shared by all its routes. */
export class Slots {
  readonly #options: Omit<SlotOptions, keyof SlotSize>;
  #size: SlotSize;
  readonly #count: SlotCount;
  readonly #held = new LinkedList<Slot>();
  readonly #fair = new FairQueue();
  #lookTimer: Timer | undefined;
  #vainUntil = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#size = options;
    this.#count = new LocalSlotCount(boundsOf(options));
  }

  get concurrency(): number {
    return this.#size.concurrency;
  }

  get used(): number {
    return this.#count.used;
  }

  get queued(): number {
    return this.#count.queued;
  }

  /**
   * Held slots stay held, even if they are now too many. Waiting calls keep their place and their time
   * limit.
   */
  resize(size: SlotSize): void {
    this.#size = size;
    this.#count.resize(boundsOf(size));
  }

  /**
   * A slot at once, or a promise of one.
   *
   * @throws GW_BULKHEAD_FULL when the queue is full, or the wait too long
   */
  acquire(request: UpstreamRequest): Slot | Promise<Slot> {
    request.signal.throwIfCancelled();
    if (this.#count.tryAcquire()) return this.#take(request);
    this.#makeRoom(1);
    if (this.#count.tryAcquire()) return this.#take(request);
    return this.#wait(request);
  }

  /** Refuses every waiting call, because there is nothing left to wait for. */
  empty(reason: () => Error): void {
    // The cast holds: only WaitingCalls are enqueued here.
    for (const waiter of this.#count.waiters) (waiter as WaitingCall).refuse(reason());
  }

  readonly #take = (request: UpstreamRequest): Slot => {
    const slot = new Slot(request, this.#free);
    this.#held.add(slot);
    return slot;
  };

  readonly #free = (slot: Slot): void => {
    this.#held.remove(slot);
    this.#count.release();
  };

  #wait(request: UpstreamRequest): Promise<Slot> {
    const { waitMs } = this.#size;
    const { clock } = this.#options;
    const waiter = new WaitingCall(request, { clock, take: this.#take, onLeave: this.#leave });
    if (!this.#count.enqueue(waiter)) {
      this.#displaceFor(waiter);
      if (!this.#count.enqueue(waiter)) throw this.#full('its queue is full');
    }
    this.#fair.add(waiter);
    const slot = waiter.slotWithin(waitMs, () => this.#full(`waited ${waitMs} ms`));
    // A cancelled call has already left the queue.
    if (this.#count.queued > 0) this.#lookTimer ??= clock.after(LOOK_MS, this.#look);
    return slot;
  }

  /** A full queue is shared among clients. */
  #displaceFor({ client }: WaitingCall): void {
    // The cast holds: only WaitingCalls are enqueued here.
    const waiters = this.#count.newestWaiters as Iterable<WaitingCall>;
    const displaced = this.#fair.toDisplace(client, waiters);
    displaced?.refuse(this.#full('its queue is full, and other clients have fewer calls in it'));
  }

  readonly #leave = (waiter: WaitingCall): void => {
    this.#count.leave(waiter);
    this.#fair.remove(waiter);
    if (this.#count.queued > 0) return;
    this.#options.clock.cancel(this.#lookTimer);
    this.#lookTimer = undefined;
  };

  /** Makes slow clients give way: one for each waiting call, and `more`. */
  #makeRoom(more: number): void {
    const { clock, onGivenUp } = this.#options;
    const now = clock.now();
    if (now < this.#vainUntil) return;
    for (let wanted = this.#count.queued + more; wanted > 0; wanted--) {
      const slot = slotToGiveWay(this.#held, this.#size.concurrency, now);
      if (slot === undefined) {
        this.#vainUntil = now + VAIN_MS;
        return;
      }
      onGivenUp?.(slot.giveWay(now));
    }
  }

  readonly #look = (): void => {
    this.#lookTimer = undefined;
    this.#makeRoom(0);
    if (this.#count.queued > 0) this.#lookTimer = this.#options.clock.after(LOOK_MS, this.#look);
  };

  #full(why: string): GatewayError {
    const { whose = 'the upstream' } = this.#options;
    const detail = `${whose} is at its limit of ${this.#size.concurrency} exchanges; ${why}`;
    return new GatewayError('GW_BULKHEAD_FULL', detail, { retryAfterMs: 1_000 });
  }
}

const boundsOf = ({ concurrency, queue }: SlotSize): SlotBounds => ({ slots: concurrency, queue });

/** The part of `Slots` that a call needs. */
export type SlotSource = Pick<Slots, 'acquire'>;

/** Holds one of `slots` for each exchange, from before the call to the close of its body. */
export function bulkhead(slots: SlotSource, clock: Clock): Guard {
  return {
    enter(request) {
      const granted = slots.acquire(request);
      return granted instanceof Promise ? waitedFor(granted, request, clock) : granted;
    },
  };
}

async function waitedFor(
  granted: Promise<Slot>,
  { record }: UpstreamRequest,
  clock: Clock,
): Promise<Slot> {
  const since = clock.now();
  try {
    return await granted;
  } finally {
    record.queuedMs += clock.now() - since;
  }
}
