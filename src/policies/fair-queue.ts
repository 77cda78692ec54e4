/**
 * Shares a full queue among clients: a call of a client with few calls in it takes the place of the newest call
 * of the client with the most. One client, however many calls it makes, so keeps nobody else out.
 *
 * A client is a connection, or an address that a trusted proxy reports; see {@link CallContext.client}.
 */
import type { WaitingCall } from './waiting-call.ts';

/** Newest waiters that are looked at: each refusal costs a look. */
const MOST_LOOKED_AT = 256;

export class FairQueue {
  /** Waiting calls by client; only of clients with any. */
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
   * The call that makes room for one more call of `client`: the newest of the client that has the most among the newest
   * waiters; `undefined` if `client` would then have as many itself.
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
