/**
 * One generation's hold on an upstream: its own config over the shared state.
 *
 * The state changes to this config only when the generation takes over. Until then it may still fail to
 * start, and the serving generation must find everything unchanged.
 */
import type { UpstreamConfig } from '../config/build/config.ts';
import type { Call } from '../core/call.ts';
import type { Sender } from '../core/sender.ts';
import type { Slots } from '../policies/bulkhead.ts';
import type { Finder } from './finder.ts';
import { sizeOfShare } from './shares.ts';
import type { UpstreamState } from './state.ts';

/** The leases of a generation, by upstream name. */
export type UpstreamLeases = ReadonlyMap<string, UpstreamLease>;

/** How a route calls an upstream. */
export interface UpstreamCall {
  readonly call: Call;
  /** The same call, without a promise. */
  readonly sender: Sender;
  /** This route's own value, or else the upstream's. */
  readonly deadlineMs: number;
  readonly idleTimeoutMs: number;
}

export class UpstreamLease {
  readonly config: UpstreamConfig;
  readonly state: UpstreamState;
  /** The call shared by all callers without options or policies of their own; set by the first. */
  plainCall: UpstreamCall | undefined;
  /** The finder for a new source of targets; it already looks them up. */
  #finder: Finder | undefined;
  /** The share of slots that each route may hold, by route name. */
  readonly #shares = new Map<string, number>();
  #isInForce = false;

  constructor(config: UpstreamConfig, state: UpstreamState) {
    this.config = config;
    this.state = state;
    this.#finder = state.search(config);
  }

  /**
   * Settles when the first look-up of its targets has ended, whether it succeeded or failed; at once if
   * the config lists them.
   */
  async found(): Promise<void> {
    await (this.#finder === undefined ? this.state.found() : this.#finder.first);
  }

  /** The slots of `route`, which may hold `share` of the upstream's. */
  shareOf(route: string, share: number): Slots {
    this.#shares.set(route, share);
    const size = sizeOfShare(this.config.bulkhead, share);
    const slots = this.state.shares.of(route, this, size);
    if (this.#isInForce) slots.resize(size);
    return slots;
  }

  /** Its generation takes over: applies its config to the state and keeps whatever can be kept. */
  apply(): void {
    const finder = this.#finder;
    this.#finder = undefined;
    this.#isInForce = true;
    this.state.change(this.config, finder);
    for (const [route, share] of this.#shares) this.shareOf(route, share);
  }

  /** Its generation has ended or failed to start. */
  end(): void {
    this.#finder?.stop();
    this.#finder = undefined;
    this.state.shares.giveBack(this);
  }
}
