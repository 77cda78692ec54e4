/**
 * The keys that requests take: each by one request at a time, whichever gateway serves it.
 *
 * Whoever has taken a key says every 10 s that it still has it. Once it has not for 30 s, nobody knows what came of the
 * request. A change that the store has not answered is repeated for a minute, so that a short outage leaves no
 * key behind.
 */
import { randomUUID } from 'node:crypto';
import type { Clock, RecordChange, RecordStore, Timer } from 'portico';
import { HeldKey, LEASE_MS } from './held-key.ts';
import { stateText, type Unknown, verdictOf, type Verdict } from './key-state.ts';

const RETRY_MS = 1_000;
const MOST_RETRIES = 60;
/** Of changes at once, each as long as an answer may be. */
const MOST_PENDING = 256;
/** Of them, so many for requests that were refused: answers of those that were not matter more. */
const MOST_ABANDONED = 128;
/** Others change the key meanwhile. */
const MOST_RACES = 5;

export interface TakeOrder {
  readonly key: string;
  readonly fingerprint: string;
  readonly keepMs: number;
  /** What an unknown outcome means: send it again. */
  readonly retriesUnknown: boolean;
}

export type Taken = { readonly as: 'taken'; readonly held: HeldKey } | Verdict;

export class Keys {
  readonly clock: Clock;
  readonly #store: RecordStore;
  readonly #pending = new Set<Timer>();
  #isClosed = false;

  constructor(store: RecordStore, clock: Clock) {
    this.#store = store;
    this.clock = clock;
  }

  /**
   * Takes the key for a request, or tells why it cannot have it.
   *
   * @throws GW_DEPENDENCY_DOWN if the store does not answer
   */
  async take({ key, fingerprint, keepMs, retriesUnknown }: TakeOrder): Promise<Taken> {
    const version = randomUUID();
    let expected: string | undefined;
    let after: Unknown | undefined;
    for (let races = 0; races < MOST_RACES; races++) {
      const text = stateText({ is: 'running', of: fingerprint, ...(after && { after }) });
      const next = { version, text, leaseMs: LEASE_MS, keepMs };
      const result = await this.#store.swap({ key, expected, next }).catch((error: unknown) => {
        // It may have taken the key for nobody.
        const before = after && this.#unknown(fingerprint, after, keepMs);
        const isRoomy = this.#pending.size < MOST_ABANDONED;
        if (isRoomy) this.#later({ key, expected: version, next: before }, 0);
        throw error;
      });
      if (result === 'done') {
        const held = new HeldKey({ keys: this, key, version, fingerprint, keepMs, after });
        return { as: 'taken', held };
      }
      if (result === 'absent') {
        expected = after = undefined;
        continue;
      }
      const verdict = verdictOf(result, fingerprint);
      if (verdict.as !== 'unknown' || !retriesUnknown) return verdict;
      expected = result.version;
      after = verdict.why;
    }
    return { as: 'running' };
  }

  #unknown(of: string, why: Unknown, keepMs: number) {
    const text = stateText({ is: 'unknown', of, why });
    return { version: randomUUID(), text, leaseMs: 0, keepMs };
  }

  /** Makes a change by whoever has the key; never rejects. @returns whether the store has answered */
  async settle(change: RecordChange): Promise<void> {
    if (!(await this.#change(change))) this.#later(change, 0);
  }

  /** @returns whether the key is still that of whoever asks, as far as is known */
  async renew(change: RecordChange): Promise<boolean> {
    try {
      return typeof (await this.#swap(change)) === 'string';
    } catch {
      return true;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#pending) this.clock.cancel(timer);
    this.#pending.clear();
  }

  /** A store that has lost the record gets it back. */
  async #swap(change: RecordChange): Promise<unknown> {
    const result = await this.#store.swap(change);
    const isLost = result === 'absent' && change.next !== undefined;
    return isLost ? this.#store.swap({ ...change, expected: undefined }) : result;
  }

  #change(change: RecordChange): Promise<boolean> {
    return this.#swap(change).then(
      () => true,
      () => false,
    );
  }

  #later(change: RecordChange, retries: number): void {
    if (this.#isClosed || retries >= MOST_RETRIES || this.#pending.size >= MOST_PENDING) return;
    const timer = this.clock.after(RETRY_MS, () => {
      this.#pending.delete(timer);
      void this.#change(change).then((isDone) => {
        if (!isDone) this.#later(change, retries + 1);
      });
    });
    this.#pending.add(timer);
  }
}
