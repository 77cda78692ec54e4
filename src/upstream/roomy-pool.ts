/**
 * A pool that may open one more connection for each that a stream holds. `connections` is for requests: which of
 * them becomes a stream is known only once it has one.
 */
import { type Dispatcher, Pool } from 'undici';
import { LIMIT } from './undici-members.ts';

export class RoomyPool extends Pool {
  /** A stream holds one of the connections from now on; call the result once it does no longer. */
  giveRoom(): () => void {
    this.#changeRoom(1);
    let isGiven = true;
    return () => {
      if (isGiven) this.#changeRoom(-1);
      isGiven = false;
    };
  }

  #changeRoom(by: 1 | -1): void {
    const members = this as unknown as Record<symbol, unknown>;
    for (const symbol of Object.getOwnPropertySymbols(this)) {
      const value = members[symbol];
      if (symbol.description === LIMIT && typeof value === 'number') members[symbol] = value + by;
    }
  }
}

/** The same for what may be another dispatcher, as in tests. */
export const roomIn = (dispatcher: Dispatcher): (() => void) | undefined =>
  dispatcher instanceof RoomyPool ? dispatcher.giveRoom() : undefined;
