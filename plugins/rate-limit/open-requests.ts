/** Counts the open requests of a key: from here until the response closes, for whatever reason. */
import type { FastifyReply } from 'fastify';
import { GatewayError } from 'portico';

export class OpenRequests {
  /** Never a key more than there are requests. */
  readonly #open = new Map<string, number>();

  get size(): number {
    return this.#open.size;
  }

  of(key: string): number {
    return this.#open.get(key) ?? 0;
  }

  /** @throws GW_CLIENT_CLOSED when the response has already closed: that is not reported again */
  enter(key: string, { raw }: FastifyReply): void {
    if (raw.destroyed || raw.writableFinished) {
      throw new GatewayError('GW_CLIENT_CLOSED', 'the client left');
    }
    this.#open.set(key, this.of(key) + 1);
    raw.once('close', () => this.#leave(key));
  }

  #leave(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }
}
