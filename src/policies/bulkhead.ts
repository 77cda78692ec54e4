/**
 * Bounds how many exchanges an upstream holds at once, so that a slow one can not take the whole
 * gateway with it.
 *
 * A slot is held until the body closes, not until the head arrives. Who finds none waits in order,
 * for a bounded time, in a bounded queue; meanwhile slow clients give way (see slot.ts).
 *
 * All of it is ours: cockatiel's bulkhead frees its slot when a function settles, so that each call
 * would need a promise held open just for that; its queue is not fair, and does not let an aborted
 * waiter go.
 */
import type { CancelListener } from '../core/cancellation.ts';
import type { Policy, UpstreamRequest } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { Linked, LinkedList } from '../core/linked-list.ts';
import { type GivenUp, Slot, slotToGiveWay } from './slot.ts';

/** Between two looks for a client that is too slow, while somebody waits. */
const LOOK_MS = 100;
/** One look in vain is enough for so long, however many are refused meanwhile. */
const VAIN_MS = 10;

export interface SlotOptions {
  /** Exchanges open at once. */
  readonly concurrency: number;
  /** Calls that may wait; 0 never waits. */
  readonly queue: number;
  readonly waitMs: number;
  readonly clock: Clock;
  /** What a refusal calls it. Default: the upstream. */
  readonly whose?: string;
  /** Told of each exchange that gave way. */
  readonly onGivenUp?: ((given: GivenUp) => void) | undefined;
}

/** The slots of one upstream, shared by all its routes. */
export class Slots {
  readonly #options: SlotOptions;
  readonly #held = new LinkedList<Slot>();
  readonly #queue = new LinkedList<Waiter>();
  #lookTimer: Timer | undefined;
  #vainUntil = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get concurrency(): number {
    return this.#options.concurrency;
  }

  get used(): number {
    return this.#held.size;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /**
   * A slot at once, or a promise of one.
   *
   * @throws GW_BULKHEAD_FULL when the queue is full, or the wait too long
   */
  acquire(request: UpstreamRequest): Slot | Promise<Slot> {
    request.signal.throwIfCancelled();
    if (!this.#isFree()) this.#makeRoom(1);
    if (this.#isFree()) return this.#take(request);
    const { queue, waitMs, clock } = this.#options;
    if (this.#queue.size >= queue) throw this.#full('its queue is full');
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(request, resolve, reject, clock, this.#leave);
      this.#queue.add(waiter);
      waiter.arm(waitMs, () => this.#full(`waited ${waitMs} ms`));
      this.#lookTimer ??= clock.after(LOOK_MS, this.#look);
    });
  }

  /** Sends everyone who waits away: there is nothing to wait for. */
  empty(reason: () => Error): void {
    for (const waiter of this.#queue) waiter.refuse(reason());
  }

  #hasFree(): boolean {
    return this.#held.size < this.#options.concurrency;
  }

  /** For who comes now, whom nobody precedes. */
  #isFree(): boolean {
    return this.#queue.size === 0 && this.#hasFree();
  }

  #take(request: UpstreamRequest): Slot {
    const slot = new Slot(request, this.#free);
    this.#held.add(slot);
    return slot;
  }

  /** A freed slot is handed over here and now, so that nobody can jump in. */
  readonly #free = (slot: Slot): void => {
    this.#held.remove(slot);
    for (const waiter of this.#queue) {
      if (!this.#hasFree()) return;
      waiter.grant(this.#take(waiter.request));
    }
  };

  readonly #leave = (waiter: Waiter): void => {
    this.#queue.remove(waiter);
    if (this.#queue.size > 0) return;
    this.#options.clock.cancel(this.#lookTimer);
    this.#lookTimer = undefined;
  };

  /** Has slow clients give way: for those who wait, and `more`. */
  #makeRoom(more: number): void {
    const { concurrency, clock, onGivenUp } = this.#options;
    const now = clock.now();
    if (now < this.#vainUntil) return;
    for (let wanted = this.#queue.size + more; wanted > 0; wanted--) {
      const slot = slotToGiveWay(this.#held, concurrency, now);
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
    if (this.#queue.size > 0) this.#lookTimer = this.#options.clock.after(LOOK_MS, this.#look);
  };

  #full(why: string): GatewayError {
    const { whose = 'the upstream', concurrency } = this.#options;
    const detail = `${whose} is at its limit of ${concurrency} exchanges; ${why}`;
    return new GatewayError('GW_BULKHEAD_FULL', detail, { retryAfterMs: 1_000 });
  }
}

class Waiter extends Linked<Waiter> implements CancelListener {
  readonly request: UpstreamRequest;
  readonly #resolve: (slot: Slot) => void;
  readonly #reject: (error: Error) => void;
  readonly #clock: Clock;
  readonly #onLeave: (waiter: Waiter) => void;
  #timer: Timer | undefined;

  constructor(
    request: UpstreamRequest,
    resolve: (slot: Slot) => void,
    reject: (error: Error) => void,
    clock: Clock,
    onLeave: (waiter: Waiter) => void,
  ) {
    super();
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#clock = clock;
    this.#onLeave = onLeave;
  }

  arm(waitMs: number, timeout: () => Error): void {
    this.#timer = this.#clock.after(waitMs, () => this.refuse(timeout()));
    this.request.signal.listen(this);
  }

  grant(slot: Slot): void {
    this.#leave();
    this.#resolve(slot);
  }

  refuse(error: Error): void {
    this.#leave();
    this.#reject(error);
  }

  onCancel(reason: Error): void {
    this.refuse(reason);
  }

  #leave(): void {
    this.#onLeave(this);
    this.#clock.cancel(this.#timer);
    this.request.signal.unlisten(this);
  }
}

/** Holds one of `slots` for each exchange, from before the call to the close of its body. */
export function bulkhead(slots: Slots, clock: Clock): Policy {
  return (next) =>
    async function admitted(request) {
      const granted = slots.acquire(request);
      let slot: Slot;
      if (granted instanceof Promise) {
        const since = clock.now();
        try {
          slot = await granted;
        } finally {
          request.notes.queuedMs += clock.now() - since;
        }
      } else slot = granted;
      try {
        const response = await next(request);
        slot.holdFor(response.body);
        return response;
      } catch (error) {
        slot.release();
        throw error;
      }
    };
}
