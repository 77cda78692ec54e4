/**
 * The current state of one upstream: its targets and sockets, circuit, slots and retry budget.
 *
 * It belongs to the upstream's name: every route and BFF that calls it shares it. A config that changes
 * that upstream changes the state, and keeps everything that the change does not affect. Bounds of a single call
 * (times, retries, policies) are not part of it: the chains of each generation take them from their own config.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import type { BreakerConfig, DiscoverConfig, UpstreamConfig } from '../config/build/config.ts';
import { type RetryBudget, WindowBudget } from '../policies/budget.ts';
import { Slots } from '../policies/bulkhead.ts';
import { Circuit, type CircuitChange, type CircuitName } from '../policies/circuit.ts';
import { CurrentCircuit } from '../policies/current-circuit.ts';
import { consecutiveFailures, FailureRatio } from '../policies/failure-window.ts';
import type { CircuitGate } from '../policies/permit.ts';
import { StreamLimit } from '../policies/stream-limit.ts';
import { discover } from './discovery/discovery.ts';
import { Finder } from './finder.ts';
import { openConnection, openPool } from './pool.ts';
import { Shares } from './shares.ts';
import type { Surroundings, TargetEvent } from './surroundings.ts';
import type { Target, TargetName } from './target.ts';
import { Targets } from './targets.ts';
import { isSameTransport } from './transport.ts';
import { Verdicts } from './verdicts.ts';
import { isSameCircuit } from './what-lives-on.ts';

export class UpstreamState {
  readonly name: string;
  readonly slots: Slots;
  /** The slots of routes that may hold only a share of `slots`. */
  readonly shares: Shares;
  /** Bounds the exchanges that take no slot, because they last. */
  readonly streams: StreamLimit;
  readonly budget: RetryBudget;
  readonly targets: Targets;
  #config: UpstreamConfig;
  readonly #current: CurrentCircuit;
  readonly #verdicts: Verdicts;
  #finder: Finder | undefined;
  readonly #surroundings: Surroundings;
  /**
   * Whether changes are reported. The targets of the first config are not news, nor is anything after the
   * end.
   */
  #isTold = false;

  constructor(config: UpstreamConfig, surroundings: Surroundings) {
    const { clock, random, checking = false, onGivenUp } = surroundings;
    this.name = config.name;
    this.#config = config;
    this.#surroundings = surroundings;
    this.slots = new Slots({ ...config.bulkhead, clock, onGivenUp });
    const whose = 'the share of this route';
    this.shares = new Shares((size) => new Slots({ ...size, clock, onGivenUp, whose }));
    this.streams = new StreamLimit(config.sockets);
    this.budget = new WindowBudget(clock);
    this.#current = new CurrentCircuit((state, change) => this.#circuitChanged(state, change));
    this.#current.replace(config.breaker && buildCircuit(config.breaker, surroundings));
    this.#verdicts = new Verdicts(config, {
      clock,
      random,
      checking,
      targets: () => this.targets.all,
      open: (target) => this.#open(target, 1),
      onChange: (target, event) => this.#judged(target, event),
    });
    this.targets = this.#buildTargets();
    this.#isTold = true;
    this.#finder = this.#buildFinder(config.discover);
    this.#finder?.serve((targets) => this.targets.replace(targets));
  }

  /** The config of the generation that took over last. */
  get config(): UpstreamConfig {
    return this.#config;
  }

  /** The current circuit; `undefined` if the config has no breaker. */
  get circuit(): Circuit | undefined {
    return this.#current.circuit;
  }

  /** The gate for calls, which always asks the current circuit. */
  get gate(): CircuitGate {
    return this.#current;
  }

  /**
   * Settles when the first look-up of its targets has ended, whether it succeeded or failed; at once if
   * the config lists them.
   */
  async found(): Promise<void> {
    await this.#finder?.first;
  }

  /**
   * Starts to look up the targets of `config`, if the running state uses another source or none. The
   * targets found get no calls until `change`.
   */
  search({ discover: asked }: UpstreamConfig): Finder | undefined {
    return isDeepStrictEqual(asked, this.#config.discover) ? undefined : this.#buildFinder(asked);
  }

  /** Applies `config` from now on, and keeps whatever can be kept. `finder` is the result of `search`. */
  change(config: UpstreamConfig, finder: Finder | undefined): void {
    const before = this.#config;
    const isSameWay = isSameTransport(before, config);
    this.#config = config;
    this.slots.resize(config.bulkhead);
    this.streams.resize(config.sockets);
    if (!isSameCircuit(before, config)) {
      this.#current.replace(config.breaker && buildCircuit(config.breaker, this.#surroundings));
    }
    if (!isSameWay) this.targets.reopen();
    this.#verdicts.change(config, isSameWay);
    this.targets.choose(config);
    this.#changeTargets(before, finder);
  }

  /** Lets open exchanges finish, then closes every socket. */
  async close(): Promise<void> {
    await this.#stopWatching();
    await this.targets.close();
  }

  /** Cuts every open exchange. */
  async destroy(): Promise<void> {
    await this.#stopWatching();
    await this.targets.destroy();
  }

  async #stopWatching(): Promise<void> {
    this.#isTold = false;
    this.#finder?.stop();
    await this.#verdicts.close();
  }

  /** The previous targets serve until the new discovery has found some. */
  #changeTargets(before: UpstreamConfig, finder: Finder | undefined): void {
    const { discover: asked, targets } = this.#config;
    if (isDeepStrictEqual(before.discover, asked)) finder?.stop();
    else {
      this.#finder?.stop();
      this.#finder = finder ?? this.#buildFinder(asked);
      this.#finder?.serve((found) => this.targets.replace(found));
    }
    if (asked === undefined) this.targets.replace(targets);
  }

  #buildFinder(config: DiscoverConfig | undefined): Finder | undefined {
    if (config === undefined) return undefined;
    const discovery = discover(config, this.#surroundings);
    if (this.#surroundings.checking === true) return undefined;
    const onEvent = this.#surroundings.onDiscovery;
    return new Finder({ discovery, onEvent: (event) => onEvent?.(this.name, event) });
  }

  #buildTargets(): Targets {
    const { clock, random } = this.#surroundings;
    return new Targets(this.#config, {
      clock,
      random,
      open: (target) => this.#open(target, this.#config.connections),
      onOutcome: (target, failed) => this.#verdicts.report(target, failed),
      onAdded: (target) => {
        this.#tell(target, { kind: 'added' });
        this.#verdicts.added(target);
      },
      onRemoved: (target) => {
        this.#tell(target, { kind: 'removed' });
        this.#verdicts.removed(target);
      },
    });
  }

  /** A connection to `target` for one request that will keep it; close it once that is sent. */
  openConnection({ origin, host }: TargetName): Dispatcher {
    return openConnection(origin, this.#config, this.#surroundings, host);
  }

  #open({ origin, host }: TargetName, connections: number): Dispatcher {
    return openPool(origin, { ...this.#config, connections }, this.#surroundings, host);
  }

  #judged(target: Target, event: TargetEvent): void {
    this.#tell(target, event);
    // A target has recovered, so probe now.
    if (event.kind === 'healthy') this.circuit?.tryNow();
    this.targets.refresh();
  }

  #tell({ origin }: Target, event: TargetEvent): void {
    if (this.#isTold) this.#surroundings.onTarget?.(this.name, origin, event);
  }

  #circuitChanged(state: CircuitName, change: CircuitChange): void {
    if (state === 'open' || state === 'forced-open') {
      const { circuit } = this;
      for (const each of [this.slots, ...this.shares.all()]) each.empty(() => circuit!.refusal());
    }
    if (this.#isTold) this.#surroundings.onCircuit?.(this.name, state, change);
  }
}

function buildCircuit(config: BreakerConfig, { clock, random }: Surroundings): Circuit {
  const breaker =
    config.kind === 'consecutive'
      ? consecutiveFailures(config.failures)
      : new FailureRatio({ ...config, clock });
  return new Circuit({ breaker, openMs: config.openMs, probes: config.probes, random, clock });
}
