/**
 * The targets of one upstream: which exist, which may take calls, and which takes the next one.
 *
 * The available targets are worked out when something changes, not at each call. If too few are left,
 * all take calls: sending everything to the last one standing would fell that one too (panic).
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

/** What decides who takes a call. */
export type Choice = Pick<UpstreamConfig, 'balance' | 'panic' | 'slowStartMs'>;

/** Targets of one upstream that have a label of their own in metrics; the others share `other`. */
const MAX_LABELS = 256;

export class Targets {
  #choice: Choice;
  readonly #options: TargetsOptions;
  #balance: Balance;
  #all: readonly Target[] = [];
  /** Who may take calls now; none only where there are none at all. */
  #usable: readonly Target[] = [];
  #isPanicking = false;
  #labelled: ReadonlySet<string> = new Set();
  /** Sockets of targets that are gone, or that others have replaced, with exchanges still open. */
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

  /** Too few are available, so that all take calls. */
  get isPanicking(): boolean {
    return this.#isPanicking;
  }

  /** What metrics call the target at `origin`. */
  labelOf(origin: string): string {
    return this.#labelled.has(origin) ? origin : 'other';
  }

  /**
   * The target of the next attempt: not one of `tried`, where there is another.
   *
   * @param key what a hash goes by
   * @throws GW_NO_TARGET when there is none at all
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

  /** From now on these, and no others: known ones stay as they are, those that are gone drain. */
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
      // Where all are new, there is nobody to be careful beside.
      if (!isFirst) target.warmUp();
      this.#options.onAdded(target);
    }
  }

  /** From now on calls are shared out like this; a target that warms up goes on as it began. */
  choose(choice: Choice): void {
    if (!isDeepStrictEqual(this.#choice.balance, choice.balance)) {
      this.#balance = balanceOf(choice.balance, this.#options.random);
    }
    this.#choice = choice;
    for (const target of this.#all) target.slowStartMs = choice.slowStartMs;
    this.refresh();
  }

  /** New sockets for all of them, as the way to them is another one now; the old ones drain. */
  reopen(): void {
    for (const target of this.#all) {
      const old = target.dispatcher;
      target.dispatcher = this.#options.open(target);
      this.#drain(old);
    }
  }

  /** Somebody's availability has changed. */
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

  /** Lets exchanges under way finish, then closes every socket. */
  async close(): Promise<void> {
    await Promise.all(this.#open().map((dispatcher) => dispatcher.close()));
  }

  /** Cuts whatever is still under way. */
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
    // Whoever picked it in this turn of the event loop has yet to send; a closed pool takes nothing more.
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
