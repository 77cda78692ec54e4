/**
 * What is known about the health of each target: from active checks, and from its traffic.
 *
 * It belongs to the target, and outlives a change of the options that produced it.
 */
import type { Dispatcher } from 'undici';
import type { HealthConfig, OutlierConfig, UpstreamConfig } from '../config/build/config.ts';
import { Health } from './health.ts';
import { Outlier } from './outlier.ts';
import type { Surroundings, TargetEvent } from './surroundings.ts';
import type { Target } from './target.ts';

export interface VerdictOptions extends Pick<Surroundings, 'clock' | 'random' | 'checking'> {
  /** The current targets. */
  readonly targets: () => readonly Target[];
  /** Opens a connection to `target`, separate from those for calls. */
  readonly open: (target: Target) => Dispatcher;
  /** A target takes calls again, or no longer does. */
  readonly onChange: (target: Target, event: TargetEvent) => void;
}

type Judging = Pick<UpstreamConfig, 'health' | 'outlier'>;

export class Verdicts {
  readonly #options: VerdictOptions;
  #outlier: Outlier | undefined;
  #health: Health | undefined;

  constructor({ health, outlier }: Judging, options: VerdictOptions) {
    this.#options = options;
    this.#outlier = this.#buildOutlier(outlier);
    this.#health = this.#buildHealth(health);
  }

  added(target: Target): void {
    this.#health?.watch(target);
  }

  removed(target: Target): void {
    this.#outlier?.forget(target);
    void this.#health?.unwatch(target);
  }

  /** An attempt at `target` has ended. */
  report(target: Target, failed: boolean): void {
    this.#outlier?.report(target, failed);
  }

  /** Applies new options; `isSameWay`: targets are reached as before. */
  change({ health, outlier }: Judging, isSameWay: boolean): void {
    this.#changeOutlier(outlier);
    this.#changeHealth(health, isSameWay);
  }

  async close(): Promise<void> {
    this.#outlier?.close();
    this.#outlier = undefined;
    await this.#health?.close();
  }

  #changeOutlier(config: OutlierConfig | undefined): void {
    if (config !== undefined && this.#outlier !== undefined) this.#outlier.change(config);
    else {
      this.#outlier?.end();
      this.#outlier = this.#buildOutlier(config);
    }
  }

  #changeHealth(config: HealthConfig | undefined, isSameWay: boolean): void {
    if (config !== undefined && this.#health !== undefined) {
      this.#health.change(config, isSameWay);
      return;
    }
    void this.#health?.close();
    this.#health = this.#buildHealth(config);
    for (const target of this.#options.targets()) {
      if (this.#health !== undefined) this.#health.watch(target);
      else if (!target.isHealthy) this.#forgive(target);
    }
  }

  /** Marks a target as healthy once checks are off, because nothing would ever notice its recovery. */
  #forgive(target: Target): void {
    target.isHealthy = true;
    target.warmUp();
    this.#options.onChange(target, { kind: 'healthy', why: 'not checked any more' });
  }

  #buildOutlier(config: OutlierConfig | undefined): Outlier | undefined {
    if (config === undefined) return undefined;
    const { clock, targets, onChange } = this.#options;
    return new Outlier(config, {
      clock,
      targets,
      onChange: (target, forMs) => {
        if (forMs === undefined) target.warmUp();
        onChange(target, forMs === undefined ? { kind: 'readmitted' } : { kind: 'ejected', forMs });
      },
    });
  }

  #buildHealth(config: HealthConfig | undefined): Health | undefined {
    const { clock, random, checking, open, onChange } = this.#options;
    if (config === undefined || checking === true) return undefined;
    return new Health(config, {
      clock,
      random,
      open,
      onChange: (target, why) => {
        if (target.isHealthy) target.warmUp();
        onChange(target, { kind: target.isHealthy ? 'healthy' : 'unhealthy', why });
      },
      onUnchecked: (target) => onChange(target, { kind: 'unchecked' }),
    });
  }
}
