/**
 * What one upstream is at this moment: its targets and sockets, circuit, slots and retry budget.
 *
 * Shared by every route and BFF that calls it, and kept by a reload that does not change its config.
 */
import type { Clock } from '../core/clock.ts';
import type { Dispatcher } from 'undici';
import type { BreakerConfig, UpstreamConfig } from '../config/build/config.ts';
import { type RetryBudget, WindowBudget } from '../policies/budget.ts';
import { Slots } from '../policies/bulkhead.ts';
import { Circuit, type CircuitName } from '../policies/circuit.ts';
import type { GivenUp } from '../policies/slot.ts';
import { consecutiveFailures, FailureRatio } from '../policies/failure-window.ts';
import { discover } from './discovery/discovery.ts';
import { type DiscoveryEvent, Finder } from './finder.ts';
import { Health } from './health.ts';
import type { Names } from './names/names.ts';
import { Outlier } from './outlier.ts';
import { openPool } from './pool.ts';
import type { Target, TargetName } from './target.ts';
import { Targets } from './targets.ts';

/** Something that happened to a target, for the log. */
export type TargetEvent =
  | { readonly kind: 'unhealthy' | 'healthy'; readonly why: string }
  | { readonly kind: 'ejected'; readonly forMs: number }
  | { readonly kind: 'readmitted' | 'added' | 'removed' };

/** What the outside world gives: handed in, so that tests can. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Nobody is called: no look-ups, no health checks. */
  readonly checking?: boolean;
  readonly names: Names;
  /** Told when there was no file descriptor for a socket. */
  readonly onNoDescriptors?: () => void;
  /** Told when a circuit changes. */
  readonly onCircuit?: (upstream: string, state: CircuitName) => void;
  /** Told of each exchange whose slow client had to give its slot to another. */
  readonly onGivenUp?: (given: GivenUp) => void;
  /** Told when looking targets up begins to fail, or goes well again. */
  readonly onDiscovery?: (upstream: string, event: DiscoveryEvent) => void;
  /** Told when a target changes; once for each change. */
  readonly onTarget?: (upstream: string, target: string, event: TargetEvent) => void;
}

export class UpstreamState {
  readonly config: UpstreamConfig;
  readonly slots: Slots;
  /** Absent where the config has no breaker. */
  readonly circuit: Circuit | undefined;
  readonly budget: RetryBudget;
  readonly targets: Targets;
  readonly #outlier: Outlier | undefined;
  readonly #health: Health | undefined;
  readonly #finder: Finder | undefined;
  readonly #surroundings: Surroundings;
  /** Slots of routes that may hold only a share of ours, by the route's name. */
  readonly #shares = new Map<string, Slots>();

  constructor(config: UpstreamConfig, surroundings: Surroundings) {
    const { clock, onGivenUp } = surroundings;
    this.config = config;
    this.#surroundings = surroundings;
    this.slots = new Slots({ ...config.bulkhead, clock, onGivenUp });
    this.budget = new WindowBudget(clock);
    this.circuit = config.breaker && buildCircuit(config.breaker, surroundings);
    this.#outlier = this.#buildOutlier();
    this.#health = this.#buildHealth();
    this.targets = this.#buildTargets();
    this.#finder = this.#buildFinder();
    this.#watchCircuit(surroundings);
  }

  /** Settles when its targets have been looked up for the first time, well or not; at once where they are listed. */
  async found(): Promise<void> {
    await this.#finder?.first;
  }

  /** The slots of `route`, which may hold `share` of ours: the same ones, as long as that is so. */
  shareOf(route: string, share: number): Slots {
    const { concurrency, queue, waitMs } = this.config.bulkhead;
    const most = Math.max(1, Math.floor(concurrency * share));
    const known = this.#shares.get(route);
    if (known?.concurrency === most) return known;
    const { clock, onGivenUp } = this.#surroundings;
    const slots = new Slots({
      concurrency: most,
      queue: Math.floor(queue * share),
      waitMs,
      clock,
      onGivenUp,
      whose: 'the share of this route',
    });
    this.#shares.set(route, slots);
    return slots;
  }

  /** Lets exchanges under way finish, then closes every socket. */
  async close(): Promise<void> {
    await this.#stopWatching();
    await this.targets.close();
  }

  /** Cuts whatever is still under way. */
  async destroy(): Promise<void> {
    await this.#stopWatching();
    await this.targets.destroy();
  }

  async #stopWatching(): Promise<void> {
    this.#finder?.stop();
    this.#outlier?.close();
    await this.#health?.close();
  }

  #buildFinder(): Finder | undefined {
    const { discover: config, name } = this.config;
    if (config === undefined) return undefined;
    const discovery = discover(config, this.#surroundings);
    if (this.#surroundings.checking === true) return undefined;
    return new Finder({
      discovery,
      onFound: (targets) => this.targets.replace(targets),
      onEvent: (event) => this.#surroundings.onDiscovery?.(name, event),
    });
  }

  #buildTargets(): Targets {
    const { config } = this;
    const { clock, random } = this.#surroundings;
    return new Targets(config, {
      clock,
      random,
      open: (target) => this.#open(target, config.connections),
      onOutcome: (target, failed) => this.#outlier?.report(target, failed),
      onAdded: (target) => {
        // What is listed in the config is no news.
        if (config.discover !== undefined) this.#tell(target, { kind: 'added' });
        this.#health?.watch(target);
      },
      onRemoved: (target) => {
        this.#tell(target, { kind: 'removed' });
        this.#outlier?.forget(target);
        void this.#health?.unwatch(target);
      },
    });
  }

  #open({ origin, host }: TargetName, connections: number): Dispatcher {
    return openPool(origin, { ...this.config, connections }, this.#surroundings, host);
  }

  #buildOutlier(): Outlier | undefined {
    const { outlier } = this.config;
    if (outlier === undefined) return undefined;
    return new Outlier(outlier, {
      clock: this.#surroundings.clock,
      targets: () => this.targets.all,
      onChange: (target, ejectedMs) => {
        if (ejectedMs === undefined) target.warmUp();
        this.#tell(
          target,
          ejectedMs === undefined ? { kind: 'readmitted' } : { kind: 'ejected', forMs: ejectedMs },
        );
        this.targets.refresh();
      },
    });
  }

  #buildHealth(): Health | undefined {
    const { health } = this.config;
    const { clock, random, checking } = this.#surroundings;
    if (health === undefined || checking === true) return undefined;
    return new Health(health, {
      clock,
      random,
      open: (target) => this.#open(target, 1),
      onChange: (target, why) => {
        const { isHealthy } = target;
        this.#tell(target, { kind: isHealthy ? 'healthy' : 'unhealthy', why });
        if (isHealthy) {
          target.warmUp();
          // Somebody is well again: that is worth a probe now.
          this.circuit?.tryNow();
        }
        this.targets.refresh();
      },
    });
  }

  #tell({ origin }: Target, event: TargetEvent): void {
    this.#surroundings.onTarget?.(this.config.name, origin, event);
  }

  #watchCircuit({ onCircuit }: Surroundings): void {
    const { circuit, slots, config } = this;
    circuit?.onChange((state) => {
      if (state === 'open' || state === 'forced-open') {
        for (const each of [slots, ...this.#shares.values()]) each.empty(() => circuit.refusal());
      }
      onCircuit?.(config.name, state);
    });
  }
}

function buildCircuit(config: BreakerConfig, { clock, random }: Surroundings): Circuit {
  const breaker =
    config.kind === 'consecutive'
      ? consecutiveFailures(config.failures)
      : new FailureRatio({ ...config, clock });
  return new Circuit({ breaker, openMs: config.openMs, probes: config.probes, random, clock });
}
