/**
 * `fetch` for servers that are not upstreams, such as the host of an issuer's key set. It resolves names
 * as upstreams do, so that a slow name delays nothing else. Only the caller's signal bounds its time.
 */
import { Agent, fetch } from 'undici';
import type { Names } from './names/names.ts';

export class Fetcher {
  readonly #agent: Agent;

  constructor({ lookup }: Names) {
    this.#agent = new Agent({ allowH2: false, connect: { lookup } });
  }

  readonly fetch: typeof globalThis.fetch = (input, init) =>
    fetch(input, { ...init, dispatcher: this.#agent });

  /** Aborts requests in progress. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
