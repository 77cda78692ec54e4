/**
 * `fetch` for what is no upstream, such as an issuer's key set: names are resolved as those of upstreams
 * are, so that a slow one delays nobody else. Nothing bounds its time but the caller's signal.
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
