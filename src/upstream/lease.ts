/**
 * One generation's hold on an upstream: its own config over the shared state.
 *
 * The state changes to this config when the generation takes over, not before: until then it
 * may still fail to start, and the serving generation must find everything as it was.
 */
import type { UpstreamConfig } from '../config/build/config.ts';
import type { Slots } from '../policies/bulkhead.ts';
import type { Finder } from './finder.ts';
import { sizeOfShare } from './shares.ts';
import type { UpstreamState } from './state.ts';

/** What a generation holds, by the names of its upstreams. */
export type UpstreamLeases = ReadonlyMap<string, UpstreamLease>;

export class UpstreamLease {
  readonly config: UpstreamConfig;
  readonly state: UpstreamState;
  /** Where the targets are looked up in another place from then on: it looks already. */
  #finder: Finder | undefined;
  /** What routes may hold of the slots, by their names. */
  readonly #shares = new Map<string, number>();
  #isInForce = false;

  constructor(config: UpstreamConfig, state: UpstreamState) {
    this.config = config;
    this.state = state;
    this.#finder = state.search(config);
  }

  /** Settles when its targets have been looked up for the first time, well or not; at once where they are listed. */
  async found(): Promise<void> {
    await (this.#finder === undefined ? this.state.found() : this.#finder.first);
  }

  /** The slots of `route`, which may hold `share` of all. */
  shareOf(route: string, share: number): Slots {
    this.#shares.set(route, share);
    const size = sizeOfShare(this.config.bulkhead, share);
    const slots = this.state.shares.of(route, this, size);
    if (this.#isInForce) slots.resize(size);
    return slots;
  }

  /** Its generation takes over: the state is what its config says, as much of it kept as may be. */
  apply(): void {
    const finder = this.#finder;
    this.#finder = undefined;
    this.#isInForce = true;
    this.state.change(this.config, finder);
    for (const [route, share] of this.#shares) this.shareOf(route, share);
  }

  /** Its generation has ended, or will never take over. */
  end(): void {
    this.#finder?.stop();
    this.#finder = undefined;
    this.state.shares.giveBack(this);
  }
}
