/** How a store is, for `/status`: since when, and what went wrong last. */
import type { PluginState } from 'portico';

export class StoreHealth {
  readonly #what: string;
  readonly #address: string;
  readonly #now: () => number;
  #isOk = false;
  #since: number | undefined;
  #lastError: { readonly at: number; readonly why: string } | undefined;

  /** `what` is what the log calls it; `now` is in milliseconds since 1970. */
  constructor(what: string, address: string, now: () => number = Date.now) {
    this.#what = what;
    this.#address = address;
    this.#now = now;
  }

  isBack(): void {
    this.#become(true);
  }

  /** It closed the connection, which need not come with an error. */
  isAway(): void {
    if (this.#isOk) this.failed('connection lost');
    this.#become(false);
  }

  /** `why` is a code, never a text that could hold an address. */
  failed(why: string): void {
    this.#lastError = { at: this.#now(), why };
  }

  state(): PluginState {
    return {
      kind: 'redis',
      name: this.#address,
      isOk: this.#isOk,
      since: this.#since,
      lastError: this.#lastError,
      facts: { for: this.#what },
    };
  }

  #become(isOk: boolean): void {
    if (this.#since !== undefined && isOk === this.#isOk) return;
    this.#isOk = isOk;
    this.#since = this.#now();
  }
}
