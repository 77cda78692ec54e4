/**
 * The targets of one upstream: which exist, which may take calls, and which takes the next one.
 *
 * The available targets are computed when something changes, not at each call. If too few are left, all
 * take calls, because the last ones could not bear the whole load (panic).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { TargetConfig, UpstreamConfig } from '../config/build/config.ts';
import { GatewayError } from '../core/errors.ts';
import { type Balance, balanceOf } from './balance.ts';
import { Target, type TargetName } from './target.ts';

export interface TargetsOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly open: (target: TargetName) => Dispatcher;
  readonly onOutcome: (target: Target, failed: boolean) => void;
  readonly onAdded: (target: Target) => void;
  readonly onRemoved: (target: Target) => void;
}

/** The config that decides which target takes a call. */
export type Choice = Pick<UpstreamConfig, 'balance' | 'panic' | 'slowStartMs'>;

/** The most targets of one upstream with their own label in metrics; the others share `other`. */
const MAX_LABELS = 256;

export class Targets {
  #choice: Choice;
  readonly #options: TargetsOptions;
  #balance: Balance;
  #all: readonly Target[] = [];
  /** The targets that may take calls now; empty only if there are no targets. */
  #usable: readonly Target[] = [];
  #isPanicking = false;
  #labelled: ReadonlySet<string> = new Set();
  /** Sockets that are still draining: of targets that are gone, or replaced by new sockets. */
  readonly #draining = new Set<Dispatcher>();

  constructor(config: Choice & Pick<UpstreamConfig, 'targets'>, options: TargetsOptions) {
    this.#choice = config;
    this.#options = options;
    this.#balance = balanceOf(config.balance, options.random);
    this.replace(config.targets);
  }

  get all(): readonly Target[] {
    return this.#all;
  }

  /** Too few targets are available, so all of them get calls. */
  get isPanicking(): boolean {
    return this.#isPanicking;
  }

  /** The label in metrics for the target at `origin`. */
  labelOf(origin: string): string {
    return this.#labelled.has(origin) ? origin : 'other';
  }

  /**
   * The target of the next attempt: not one of `tried`, if there is another.
   *
   * @param key the input of a hash
   * @throws GW_NO_TARGET if there are no targets
   */
  pick(tried: readonly string[], key: string | undefined): Target {
    const usable = this.#usable;
    if (usable.length === 0) {
      throw new GatewayError('GW_NO_TARGET', 'the upstream has no target', { retryAfterMs: 1_000 });
    }
    if (tried.length === 0) return this.#balance(usable, key);
    const fresh = usable.filter(({ origin }) => !tried.includes(origin));
    return this.#balance(fresh.length > 0 ? fresh : usable, key);
  }

  /** Replaces the targets by `list`. Known ones keep their state; those no longer listed drain. */
  replace(list: readonly TargetConfig[]): void {
    const isFirst = this.#all.length === 0;
    const known = new Map(this.#all.map((target) => [keyOf(target), target]));
    const added: Target[] = [];
    this.#all = list.map((config) => {
      const target = known.get(keyOf(config));
      known.delete(keyOf(config));
      if (target === undefined) {
        const created = this.#create(config);
        added.push(created);
        return created;
      }
      target.weight = config.weight;
      target.priority = config.priority ?? 0;
      return target;
    });
    this.#labelled = new Set(this.#all.slice(0, MAX_LABELS).map(({ origin }) => origin));
    for (const target of known.values()) this.#remove(target);
    this.refresh();
    for (const target of added) {
      // If all targets are new, none could take the load meanwhile, so none warms up.
      if (!isFirst) target.warmUp();
      this.#options.onAdded(target);
    }
  }

  /** Applies a new choice. A target that is warming up continues as it began. */
  choose(choice: Choice): void {
    if (!isDeepStrictEqual(this.#choice.balance, choice.balance)) {
      this.#balance = balanceOf(choice.balance, this.#options.random);
    }
    this.#choice = choice;
    for (const target of this.#all) target.slowStartMs = choice.slowStartMs;
    this.refresh();
  }

  /** Opens new sockets for all targets, because the way to reach them has changed; the old ones drain. */
  reopen(): void {
    for (const target of this.#all) {
      const old = target.dispatcher;
      target.dispatcher = this.#options.open(target);
      this.#drain(old);
    }
  }

  /** Recomputes the usable targets after a change of availability. */
  refresh(): void {
    const levels = Map.groupBy(this.#all, ({ priority }) => priority);
    const [first = []] = [...levels].toSorted(([a], [b]) => a - b).map(([, level]) => level);
    for (const priority of [...levels.keys()].toSorted((a, b) => a - b)) {
      const level = levels.get(priority)!;
      const available = level.filter(({ isAvailable }) => isAvailable);
      if (available.length === 0 || available.length / level.length < this.#choice.panic) continue;
      this.#usable = available;
      this.#isPanicking = false;
      return;
    }
    this.#usable = first;
    this.#isPanicking = this.#all.length > 0;
  }

  /** Lets open exchanges finish, then closes every socket. */
  async close(): Promise<void> {
    await Promise.all(this.#open().map((dispatcher) => dispatcher.close()));
  }

  /** Cuts every open exchange. */
  async destroy(): Promise<void> {
    await Promise.all(this.#open().map((dispatcher) => dispatcher.destroy()));
  }

  #open(): Dispatcher[] {
    return [...this.#all.map(({ dispatcher }) => dispatcher), ...this.#draining];
  }

  #create(config: TargetConfig): Target {
    const { clock, open, onOutcome } = this.#options;
    const { slowStartMs } = this.#choice;
    return new Target(config, open(config), { clock, slowStartMs, onOutcome });
  }

  #remove(target: Target): void {
    this.#options.onRemoved(target);
    // A call that picked it in this turn of the event loop has yet to send, and a closed pool takes
    // nothing.
    this.#draining.add(target.dispatcher);
    if (target.waiting > 0) setImmediate(() => this.#drain(target.dispatcher));
    else this.#drain(target.dispatcher);
  }

  #drain(dispatcher: Dispatcher): void {
    this.#draining.add(dispatcher);
    const gone = (): void => void this.#draining.delete(dispatcher);
    dispatcher.close().then(gone, gone);
  }
}

const keyOf = ({ origin, host }: TargetName): string =>
  host === undefined ? origin : `${origin} ${host}`;
