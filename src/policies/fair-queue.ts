/**
 * Shares a full queue among clients: a call of a client with few calls in it replaces the newest call of
 * the client with the most. So one client, however many calls it makes, cannot keep others out.
 *
 * A client is a connection, or an address that a trusted proxy reports; see {@link CallContext.client}.
 */
import type { WaitingCall } from './waiting-call.ts';

/** Only this many of the newest waiters are checked, because each refusal costs a check. */
const MOST_LOOKED_AT = 256;

export class FairQueue {
  /** The number of waiting calls by client, for clients that have any. */
  readonly #counts = new Map<unknown, number>();

  add({ client }: WaitingCall): void {
    this.#counts.set(client, this.#of(client) + 1);
  }

  remove({ client }: WaitingCall): void {
    const left = this.#of(client) - 1;
    if (left > 0) this.#counts.set(client, left);
    else this.#counts.delete(client);
  }

  /**
   * The call that makes room for one more call of `client`: the newest call of the client with the most,
   * out of the newest waiters. `undefined` if `client` would then have as many itself.
   */
  toDisplace(client: unknown, newestFirst: Iterable<WaitingCall>): WaitingCall | undefined {
    let displaced: WaitingCall | undefined;
    let most = this.#of(client) + 1;
    let looked = 0;
    for (const waiting of newestFirst) {
      looked += 1;
      if (looked > MOST_LOOKED_AT) break;
      const count = this.#of(waiting.client);
      if (count <= most) continue;
      most = count;
      displaced = waiting;
    }
    return displaced;
  }

  #of(client: unknown): number {
    return this.#counts.get(client) ?? 0;
  }
}
