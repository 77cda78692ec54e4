/** A key that a request has taken: its lease is renewed until the outcome of the request is written. */
import { randomUUID } from 'node:crypto';
import type { Timer } from 'portico';
import { type KeptAnswer, type KeyState, stateText, type Unknown } from './key-state.ts';
import type { Keys } from './keys.ts';

export const LEASE_MS = 30_000;
const RENEW_MS = LEASE_MS / 3;

export interface HeldOptions {
  readonly keys: Keys;
  readonly key: string;
  /** Of the record that says so. */
  readonly version: string;
  readonly fingerprint: string;
  readonly keepMs: number;
  /** What an earlier request has left. */
  readonly after: Unknown | undefined;
}

export class HeldKey {
  readonly #options: HeldOptions;
  #timer: Timer | undefined;
  #renewing: Promise<unknown> | undefined;

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#renewLater();
  }

  /** Repeated requests get this answer. */
  keep(answer: KeptAnswer): Promise<void> {
    const { fingerprint: of } = this.#options;
    return this.#settle({ is: 'kept', of, answer });
  }

  /** Nobody can say what came of the request. */
  lose(why: Unknown): Promise<void> {
    const { fingerprint: of } = this.#options;
    return this.#settle({ is: 'unknown', of, why });
  }

  /** Nothing has happened: the key is as it was before. */
  free(): Promise<void> {
    const { after } = this.#options;
    return after === undefined ? this.#settle(undefined) : this.lose(after);
  }

  async #settle(state: KeyState | undefined): Promise<void> {
    const { keys, key, version, keepMs } = this.#options;
    keys.clock.cancel(this.#timer);
    this.#timer = undefined;
    // One that is under way would find a record that it does not know.
    await this.#renewing;
    keys.clock.cancel(this.#timer);
    const next = state && { version: randomUUID(), text: stateText(state), leaseMs: 0, keepMs };
    await keys.settle({ key, expected: version, next });
  }

  #renewLater(): void {
    this.#timer = this.#options.keys.clock.after(RENEW_MS, () => {
      this.#renewing = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { keys, key, version, fingerprint: of, keepMs, after } = this.#options;
    const text = stateText({ is: 'running', of, ...(after && { after }) });
    const next = { version, text, leaseMs: LEASE_MS, keepMs };
    const isOurs = await keys.renew({ key, expected: version, next });
    this.#renewing = undefined;
    if (isOurs) this.#renewLater();
  }
}
