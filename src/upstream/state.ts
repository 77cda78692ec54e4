/**
 * What one upstream is at this moment: its targets and sockets, circuit, slots and retry budget.
 *
 * Shared by every route and BFF that calls it, and kept by a reload that does not change its config.
 */
import type { Clock } from '../clock.ts';
import type { BreakerConfig, UpstreamConfig } from '../config/config.ts';
import { GatewayError } from '../errors.ts';
import { RetryBudget } from '../policies/budget.ts';
import { Slots } from '../policies/bulkhead.ts';
import { Circuit, type CircuitName } from '../policies/circuit.ts';
import { consecutiveFailures, FailureRatio } from '../policies/failure-window.ts';
import { type Balance, leastRequest, roundRobin } from './balance.ts';
import { openPool } from './pool.ts';
import { Target } from './target.ts';

/** What the outside world gives: handed in, so that tests can. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told when a circuit changes. */
  readonly onCircuit?: (upstream: string, state: CircuitName) => void;
}

export class UpstreamState {
  readonly config: UpstreamConfig;
  readonly slots: Slots;
  /** Absent where the config has no breaker. */
  readonly circuit: Circuit | undefined;
  readonly budget: RetryBudget;
  readonly targets: readonly Target[];
  readonly #balance: Balance;

  constructor(config: UpstreamConfig, surroundings: Surroundings) {
    const { clock, random } = surroundings;
    this.config = config;
    this.slots = new Slots({ ...config.bulkhead, clock });
    this.budget = new RetryBudget(clock);
    this.targets = config.targets.map(
      ({ origin, weight }) => new Target(origin, weight, openPool(origin, config, clock)),
    );
    this.#balance = config.balance === 'roundRobin' ? roundRobin() : leastRequest(random);
    this.circuit = config.breaker && buildCircuit(config.breaker, surroundings);
    this.#watchCircuit(surroundings);
  }

  /**
   * The target of the next attempt: not one of `tried`, where there is another.
   *
   * @throws GW_NO_TARGET when there is none at all
   */
  pick(tried: readonly string[]): Target {
    if (this.targets.length === 0) {
      throw new GatewayError('GW_NO_TARGET', 'the upstream has no target', { retryAfterMs: 1_000 });
    }
    if (tried.length === 0) return this.#balance(this.targets);
    const fresh = this.targets.filter(({ origin }) => !tried.includes(origin));
    return this.#balance(fresh.length > 0 ? fresh : this.targets);
  }

  /** Lets exchanges under way finish, then closes every socket. */
  async close(): Promise<void> {
    await Promise.all(this.targets.map(({ dispatcher }) => dispatcher.close()));
  }

  /** Cuts whatever is still under way. */
  async destroy(): Promise<void> {
    await Promise.all(this.targets.map(({ dispatcher }) => dispatcher.destroy()));
  }

  #watchCircuit({ onCircuit }: Surroundings): void {
    const { circuit, slots, config } = this;
    circuit?.onChange((state) => {
      if (state === 'open' || state === 'forced') slots.empty(() => circuit.refusal());
      onCircuit?.(config.name, state);
    });
  }
}

function buildCircuit(config: BreakerConfig, { clock, random }: Surroundings): Circuit {
  const breaker =
    config.kind === 'consecutive'
      ? consecutiveFailures(config.failures)
      : new FailureRatio({ ...config, clock });
  return new Circuit({ breaker, openMs: config.openMs, probes: config.probes, random });
}
