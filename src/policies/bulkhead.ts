/**
 * Bounds how many exchanges an upstream holds at once, so that a slow one can not take the whole
 * gateway with it.
 *
 * A slot is held until the body closes, not until the head arrives. Who finds none waits in order,
 * for a bounded time, in a bounded queue. All of it is ours: cockatiel's bulkhead frees its slot when
 * a function settles, so that each call would need a promise held open just for that; its queue is
 * not fair, and does not let an aborted waiter go.
 */
import type { CancelListener, Cancellation } from '../cancellation.ts';
import type { Policy } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import { GatewayError } from '../errors.ts';

export interface SlotOptions {
  /** Exchanges open at once. */
  readonly concurrency: number;
  /** Calls that may wait; 0 never waits. */
  readonly queue: number;
  readonly waitMs: number;
  readonly clock: Clock;
  /** What a refusal calls it. Default: the upstream. */
  readonly whose?: string;
}

/** Gives a slot back; the second time does nothing. */
export type Release = () => void;

/** The slots of one upstream, shared by all its routes. */
export class Slots {
  readonly #options: SlotOptions;
  #used = 0;
  readonly #queue = new Set<Waiter>();

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get concurrency(): number {
    return this.#options.concurrency;
  }

  get used(): number {
    return this.#used;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /**
   * A slot at once, or a promise of one.
   *
   * @throws GW_BULKHEAD_FULL when the queue is full, or the wait too long
   */
  acquire(signal: Cancellation): Release | Promise<Release> {
    signal.throwIfCancelled();
    if (this.#queue.size === 0 && this.#hasFree()) return this.#take();
    if (this.#queue.size >= this.#options.queue) throw this.#full('its queue is full');
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this.#queue, signal, resolve, reject, this.#options.clock);
      waiter.arm(this.#options.waitMs, () => this.#full(`waited ${this.#options.waitMs} ms`));
    });
  }

  /** Sends everyone who waits away: there is nothing to wait for. */
  empty(reason: () => Error): void {
    for (const waiter of this.#queue) waiter.refuse(reason());
  }

  #hasFree(): boolean {
    return this.#used < this.#options.concurrency;
  }

  #take(): Release {
    this.#used += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= 1;
      this.#grantNext();
    };
  }

  /** A freed slot is handed over here and now, so that nobody can jump in. */
  #grantNext(): void {
    for (const waiter of this.#queue) {
      if (!this.#hasFree()) return;
      waiter.grant(this.#take());
    }
  }

  #full(why: string): GatewayError {
    const { whose = 'the upstream', concurrency } = this.#options;
    const detail = `${whose} is at its limit of ${concurrency} exchanges; ${why}`;
    return new GatewayError('GW_BULKHEAD_FULL', detail, { retryAfterMs: 1_000 });
  }
}

class Waiter implements CancelListener {
  readonly #queue: Set<Waiter>;
  readonly #signal: Cancellation;
  readonly #resolve: (release: Release) => void;
  readonly #reject: (error: Error) => void;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(
    queue: Set<Waiter>,
    signal: Cancellation,
    resolve: (release: Release) => void,
    reject: (error: Error) => void,
    clock: Clock,
  ) {
    this.#queue = queue;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#clock = clock;
  }

  arm(waitMs: number, timeout: () => Error): void {
    this.#queue.add(this);
    this.#timer = this.#clock.after(waitMs, () => this.refuse(timeout()));
    this.#signal.listen(this);
  }

  grant(release: Release): void {
    this.#leave();
    this.#resolve(release);
  }

  refuse(error: Error): void {
    this.#leave();
    this.#reject(error);
  }

  onCancel(reason: Error): void {
    this.refuse(reason);
  }

  #leave(): void {
    this.#queue.delete(this);
    this.#clock.cancel(this.#timer);
    this.#signal.unlisten(this);
  }
}

/** Holds one of `slots` for each exchange, from before the call to the close of its body. */
export function bulkhead(slots: Slots, clock: Clock): Policy {
  return (next) =>
    async function admitted(request) {
      const slot = slots.acquire(request.signal);
      let release: Release;
      if (typeof slot === 'function') release = slot;
      else {
        const since = clock.now();
        try {
          release = await slot;
        } finally {
          request.notes.queuedMs += clock.now() - since;
        }
      }
      try {
        const response = await next(request);
        response.body.onClose(release);
        return response;
      } catch (error) {
        release();
        throw error;
      }
    };
}
