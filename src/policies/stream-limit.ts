/**
 * Bounds how many streams an upstream holds at once: exchanges that last for hours, such as WebSockets.
 *
 * They have a bound of their own beside the bulkhead, because 128 idle sockets would leave no slot for
 * requests. Nobody waits for a place, because none may become free for hours. Whoever takes a place must
 * release it.
 */
import { GatewayError } from '../core/errors.ts';
import type { Guard, GuardReceiver } from '../core/sender.ts';
import { LocalSlotCount, type SlotCount } from '../core/shared/slot-count.ts';

/** The places of one upstream, shared by all its routes. */
export class StreamLimit {
  readonly #count: SlotCount;
  #most: number;

  constructor(most: number) {
    this.#most = most;
    this.#count = new LocalSlotCount(boundsOf(most));
  }

  /** The most streams open at once. */
  get most(): number {
    return this.#most;
  }

  get open(): number {
    return this.#count.used;
  }

  /** Open streams stay open, even if they are now too many. */
  resize(most: number): void {
    this.#most = most;
    this.#count.resize(boundsOf(most));
  }

  /** @throws GW_TOO_MANY_STREAMS when all places are taken */
  take(): StreamPlace {
    if (this.#count.tryAcquire()) return new StreamPlace(this.#count);
    const detail = `the upstream is at its limit of ${this.#most} open streams`;
    throw new GatewayError('GW_TOO_MANY_STREAMS', detail, { retryAfterMs: 1_000 });
  }
}

const boundsOf = (most: number) => ({ slots: most, queue: 0 });

/** One place, held until the exchange closes. */
export class StreamPlace implements GuardReceiver {
  #count: SlotCount | undefined;

  constructor(count: SlotCount) {
    this.#count = count;
  }

  answered(): void {
    // The body decides.
  }

  closed(): void {
    this.release();
  }

  failed(): void {
    this.release();
  }

  /** Does nothing the second time. */
  release(): void {
    const count = this.#count;
    this.#count = undefined;
    count?.release();
  }
}

/** Holds one of `limit`'s places for each exchange, from before the call to the close of its body. */
export const streamLimit = (limit: Pick<StreamLimit, 'take'>): Guard => ({
  enter: () => limit.take(),
});
