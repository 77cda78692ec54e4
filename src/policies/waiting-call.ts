/** A call that waits for a slot, for a bounded time or until it is cancelled. */
import type { CancelListener } from '../core/cancellation.ts';
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { Waiter } from '../core/shared/slot-count.ts';
import type { Slot } from './slot.ts';

export interface WaitOptions {
  readonly clock: Clock;
  /** Creates the slot that was granted. */
  readonly take: (request: UpstreamRequest) => Slot;
  readonly onLeave: (waiter: WaitingCall) => void;
}

export class WaitingCall extends Waiter implements CancelListener {
  /** See {@link CallContext.client}. */
  readonly client: unknown;
  readonly #request: UpstreamRequest;
  readonly #options: WaitOptions;
  readonly #granted = Promise.withResolvers<Slot>();
  #timer: Timer | undefined;

  constructor(request: UpstreamRequest, options: WaitOptions) {
    super();
    this.client = request.context.client;
    this.#request = request;
    this.#options = options;
  }

  /** Rejects with `timeout()` after `waitMs`, or with the reason if the call is cancelled. */
  slotWithin(waitMs: number, timeout: () => Error): Promise<Slot> {
    this.#timer = this.#options.clock.after(waitMs, () => this.refuse(timeout()));
    this.#request.signal.listen(this);
    return this.#granted.promise;
  }

  onGranted(): void {
    this.#leave();
    this.#granted.resolve(this.#options.take(this.#request));
  }

  refuse(error: Error): void {
    this.#leave();
    this.#granted.reject(error);
  }

  onCancel(reason: Error): void {
    this.refuse(reason);
  }

  #leave(): void {
    this.#options.onLeave(this);
    this.#options.clock.cancel(this.#timer);
    this.#request.signal.unlisten(this);
  }
}
