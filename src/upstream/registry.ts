/**
 * The upstreams that are alive: one state for each config, shared by the generations that use it.
 *
 * A generation takes what its config names and gives it back when it ends; a state whose config is
 * the same lives on, with its circuit, slots and sockets.
 */
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamConfig } from '../config/build/config.ts';
import { type Surroundings, UpstreamState } from './state.ts';

interface Entry {
  readonly state: UpstreamState;
  users: number;
}

export class UpstreamRegistry {
  readonly #surroundings: Surroundings;
  readonly #entries = new Set<Entry>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Every state in use, for metrics and status. */
  *states(): Generator<UpstreamState> {
    for (const { state } of this.#entries) yield state;
  }

  /** The state of `config`: the running one where nothing changed. Give it back with `release`. */
  acquire(config: UpstreamConfig): UpstreamState {
    for (const entry of this.#entries) {
      if (isDeepStrictEqual(entry.state.config, config)) {
        entry.users += 1;
        return entry.state;
      }
    }
    const state = new UpstreamState(config, this.#surroundings);
    this.#entries.add({ state, users: 1 });
    return state;
  }

  /** Closes the state once nobody uses it. */
  async release(state: UpstreamState): Promise<void> {
    for (const entry of this.#entries) {
      if (entry.state !== state) continue;
      entry.users -= 1;
      if (entry.users > 0) return;
      this.#entries.delete(entry);
      await state.close();
      return;
    }
  }
}
