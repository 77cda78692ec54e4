/** What the actions of operations share; absent from a gateway without a store. */
import type { Engine } from '../../operations/engine.ts';
import type { Seals } from '../../operations/seals.ts';

export interface OperationsContext {
  /** `undefined` where a config is only checked. */
  readonly engine: Engine | undefined;
  /** Below it every operation has its address; without a slash at its end. */
  readonly prefix: string;
  readonly waiters: Waiters;
  readonly seals: Seals;
}

/** Clients that wait for an end hold a connection and a timer each. */
const MOST_WAITERS = 500;

export class Waiters {
  #count = 0;

  /** @returns whether there is room for one more; then `leave` must follow */
  enter(): boolean {
    if (this.#count >= MOST_WAITERS) return false;
    this.#count += 1;
    return true;
  }

  leave(): void {
    this.#count -= 1;
  }
}
