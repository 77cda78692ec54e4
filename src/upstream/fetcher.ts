/**
 * `fetch` for servers that are not upstreams, such as an issuer's key set. Names are resolved as those of upstreams
 * are, so that a slow one delays nothing else. Only the caller's signal bounds its time.
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

  /** Cuts what is under way. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
