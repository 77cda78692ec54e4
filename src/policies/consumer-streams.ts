/**
 * Counts the open streams of each consumer on each route, so that one client cannot take them all.
 *
 * It belongs to the gateway, not to a generation: a reload would otherwise let everybody open as many
 * again. Whoever takes a place must release it.
 */
import { GatewayError } from '../core/errors.ts';

export class ConsumerStreams {
  /** Never more keys than open streams. */
  readonly #open = new Map<string, number>();

  /** Keys with open streams. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * One of `most` places of `consumer` on `route`. Call the result to release it; a second call does
   * nothing.
   *
   * @throws GW_CONSUMER_STREAMS when all are taken
   */
  take(route: string, consumer: string, most: number): () => void {
    const open = this.check(route, consumer, most);
    const key = keyOf(route, consumer);
    this.#open.set(key, open + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(key);
      isHeld = false;
    };
  }

  /**
   * How many of `most` places are taken; takes none.
   *
   * @throws GW_CONSUMER_STREAMS when all are
   */
  check(route: string, consumer: string, most: number): number {
    const open = this.#open.get(keyOf(route, consumer)) ?? 0;
    if (open < most) return open;
    const detail = `a client may have ${most} streams open here`;
    throw new GatewayError('GW_CONSUMER_STREAMS', detail, { retryAfterMs: 1_000 });
  }

  #release(key: string): void {
    const left = this.#open.get(key)! - 1;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }
}

/** A route's name has no space. */
const keyOf = (route: string, consumer: string): string => `${route} ${consumer}`;
