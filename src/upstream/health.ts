/**
 * Asks every target, again and again, whether it is well.
 *
 * On a connection of its own, so that a target whose sockets are all busy is not taken for a dead one.
 * One check at a time for each target; none after it has gone.
 */
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../core/clock.ts';
import type { HealthConfig } from '../config/build/config.ts';
import { checkHealth, NOT_ASKED } from './health-check.ts';
import type { Target } from './target.ts';

/** Checks of many targets, or of many gateways, drift apart by this share of the interval. */
const JITTER = 0.1;

export interface HealthOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A connection to `target`, apart from those that serve. */
  readonly open: (target: Target) => Dispatcher;
  /** `target.isHealthy` has changed; `why` says what its last check showed. */
  readonly onChange: (target: Target, why: string) => void;
}

export class Health {
  readonly #config: HealthConfig;
  readonly #options: HealthOptions;
  readonly #watches = new Map<Target, Watch>();

  constructor(config: HealthConfig, options: HealthOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** Checks `target` from now on. */
  watch(target: Target): void {
    const watch = new Watch(target, this.#config, this.#options);
    this.#watches.set(target, watch);
    watch.start();
  }

  /** It is gone: what is under way is cut. */
  async unwatch(target: Target): Promise<void> {
    const watch = this.#watches.get(target);
    this.#watches.delete(target);
    await watch?.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watches.keys()].map((target) => this.unwatch(target)));
  }
}

/** The checks of one target. */
class Watch {
  readonly #target: Target;
  readonly #config: HealthConfig;
  readonly #options: HealthOptions;
  readonly #dispatcher: Dispatcher;
  #timer: Timer | undefined;
  #isStopped = false;
  #isFirst = true;
  /** In a row, of the kind that would change what is thought of it. */
  #contrary = 0;

  constructor(target: Target, config: HealthConfig, options: HealthOptions) {
    this.#target = target;
    this.#config = config;
    this.#options = options;
    this.#dispatcher = options.open(target);
  }

  start(): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    void checkHealth(this.#dispatcher, this.#target.host, this.#config, clock).then((verdict) => {
      if (this.#isStopped) return;
      if (verdict !== NOT_ASKED) {
        this.#note(verdict);
        this.#isFirst = false;
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

  /** `fault` is what is wrong; `undefined` for a check that was passed. */
  #note(fault: string | undefined): void {
    const target = this.#target;
    const isWell = fault === undefined;
    if (isWell === target.isHealthy) {
      this.#contrary = 0;
      return;
    }
    this.#contrary += 1;
    const { healthy, unhealthy } = this.#config;
    // Nothing is known of a new one: the first check decides.
    if (this.#contrary < (this.#isFirst ? 1 : isWell ? healthy : unhealthy)) return;
    this.#contrary = 0;
    target.isHealthy = isWell;
    this.#options.onChange(target, fault ?? 'passed its checks');
  }
}
