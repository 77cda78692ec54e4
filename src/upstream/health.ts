/**
 * Checks the health of every target regularly.
 *
 * Checks have their own connection, so that a target whose sockets are all busy does not look dead. There
 * is one check at a time per target, and none once the target is gone.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../core/clock.ts';
import type { HealthConfig } from '../config/build/config.ts';
import { grpcQuestion } from './grpc-health.ts';
import {
  checkHealth,
  type HealthQuestion,
  httpQuestion,
  NOT_ASKED,
  UNCHECKED,
} from './health-check.ts';
import type { Target } from './target.ts';

/** Checks of several targets and gateways drift apart by up to this share of the interval. */
const JITTER = 0.1;

export interface HealthOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Opens a connection to `target`, separate from those for calls. */
  readonly open: (target: Target) => Dispatcher;
  /** `target.isHealthy` has changed; `why` describes the last check. */
  readonly onChange: (target: Target, why: string) => void;
  /** A target does not offer this kind of check; told once. */
  readonly onUnchecked: (target: Target) => void;
}

export class Health {
  #config: HealthConfig;
  readonly #options: HealthOptions;
  readonly #checks = new Map<Target, TargetChecks>();

  constructor(config: HealthConfig, options: HealthOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** Checks `target` from now on. */
  watch(target: Target): void {
    this.#start(new TargetChecks(target, this.#config, this.#options));
  }

  /**
   * Applies new options, or another way to reach the targets. Each target keeps its verdict until the
   * next check. If that check tests something else than before, it decides alone.
   */
  change(config: HealthConfig, isSameWay: boolean): void {
    const before = this.#config;
    if (isSameWay && isDeepStrictEqual(before, config)) return;
    this.#config = config;
    const isSameQuestion = isSameWay && asksTheSame(before, config);
    for (const [target, checks] of this.#checks) {
      void checks.stop();
      const isNew = checks.isNew || !isSameQuestion;
      this.#start(new TargetChecks(target, config, this.#options, isNew));
    }
  }

  /** Stops the checks of a target that is gone, including one in progress. */
  async unwatch(target: Target): Promise<void> {
    const checks = this.#checks.get(target);
    this.#checks.delete(target);
    await checks?.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#checks.keys()].map((target) => this.unwatch(target)));
  }

  #start(checks: TargetChecks): void {
    this.#checks.set(checks.target, checks);
    // Deferred, so that a target that is unwatched in the same tick is never checked.
    queueMicrotask(() => checks.start());
  }
}

/** Do both configs pass and fail for the same reasons? */
const asksTheSame = (one: HealthConfig, other: HealthConfig): boolean =>
  one.timeoutMs === other.timeoutMs && isDeepStrictEqual(one.ask, other.ask);

/** The checks of one target. */
class TargetChecks {
  readonly target: Target;
  readonly #config: HealthConfig;
  readonly #options: HealthOptions;
  readonly #dispatcher: Dispatcher;
  #timer: Timer | undefined;
  readonly #question: HealthQuestion;
  #isStopped = false;
  #isUnchecked = false;
  /** Nothing is known of the target yet. */
  #isNew: boolean;
  /** Checks in a row that contradict its current state. */
  #contrary = 0;

  constructor(target: Target, config: HealthConfig, options: HealthOptions, isNew = true) {
    this.target = target;
    this.#config = config;
    this.#options = options;
    this.#isNew = isNew;
    this.#dispatcher = options.open(target);
    const { ask } = config;
    this.#question = 'path' in ask ? httpQuestion(ask) : grpcQuestion(ask.service);
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  start(): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    const bound = { timeoutMs: this.#config.timeoutMs, clock };
    void checkHealth(this.#dispatcher, this.target.host, this.#question, bound).then((verdict) => {
      if (this.#isStopped) return;
      if (verdict !== NOT_ASKED) {
        this.#noteUnchecked(verdict === UNCHECKED);
        this.#note(verdict === UNCHECKED ? undefined : verdict);
        this.#isNew = false;
      }
      this.#timer = clock.after(this.#pauseMs(), () => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#options.clock.cancel(this.#timer);
    await this.#dispatcher.destroy();
  }

  #pauseMs(): number {
    return this.#config.intervalMs * (1 + JITTER * this.#options.random());
  }

  #noteUnchecked(isUnchecked: boolean): void {
    if (isUnchecked && !this.#isUnchecked) this.#options.onUnchecked(this.target);
    this.#isUnchecked = isUnchecked;
  }

  /** `fault` is what is wrong; `undefined` for a passed check. */
  #note(fault: string | undefined): void {
    const { target } = this;
    const isWell = fault === undefined;
    if (!isWell) target.noteFailure(fault);
    if (isWell === target.isHealthy) {
      this.#contrary = 0;
      return;
    }
    this.#contrary += 1;
    const { healthy, unhealthy } = this.#config;
    // For a new target the first check decides.
    if (this.#contrary < (this.#isNew ? 1 : isWell ? healthy : unhealthy)) return;
    this.#contrary = 0;
    target.isHealthy = isWell;
    this.#options.onChange(target, fault ?? 'passed its checks');
  }
}
