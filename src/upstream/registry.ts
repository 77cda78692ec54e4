/**
 * The upstreams in use: one state per name, shared by the generations that use it.
 *
 * A generation takes a lease of each upstream that its config names, and returns it when it ends. An upstream
 * without a lease drains and closes.
 */
import type { UpstreamConfig } from '../config/build/config.ts';
import { UpstreamLease, type UpstreamLeases } from './lease.ts';
import { UpstreamState } from './state.ts';
import type { Surroundings } from './surroundings.ts';

interface Entry {
  readonly state: UpstreamState;
  readonly leases: Set<UpstreamLease>;
}

export class UpstreamRegistry {
  readonly #surroundings: Surroundings;
  readonly #entries = new Map<string, Entry>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Every state in use, for metrics and status. */
  *states(): Generator<UpstreamState> {
    for (const { state } of this.#entries.values()) yield state;
  }

  /**
   * A lease of the state named in `config`: the running state, unchanged until the lease is applied, or a
   * new one. Return it with `release`.
   */
  acquire(config: UpstreamConfig): UpstreamLease {
    const { name } = config;
    const known = this.#entries.get(name);
    const state = known?.state ?? new UpstreamState(config, this.#surroundings);
    const lease = new UpstreamLease(config, state);
    if (known === undefined) this.#entries.set(name, { state, leases: new Set([lease]) });
    else known.leases.add(lease);
    return lease;
  }

  /** A lease of each, by name. If one fails, all others are released. */
  acquireAll(configs: readonly UpstreamConfig[]): UpstreamLeases {
    const leases = new Map<string, UpstreamLease>();
    try {
      for (const config of configs) leases.set(config.name, this.acquire(config));
    } catch (error) {
      for (const lease of leases.values()) void this.release(lease);
      throw error;
    }
    return leases;
  }

  /** Returns a lease, undoes what it prepared, and closes the state once nobody holds it. */
  async release(lease: UpstreamLease): Promise<void> {
    const { name } = lease.config;
    const entry = this.#entries.get(name);
    if (entry === undefined || !entry.leases.delete(lease)) return;
    lease.end();
    if (entry.leases.size > 0) return;
    this.#entries.delete(name);
    await entry.state.close();
  }
}
