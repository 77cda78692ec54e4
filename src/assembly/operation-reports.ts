/** Whom the engine of operations tells: the log, the metrics, and what `/status` knows of it. */
import type { EngineEvent } from '../operations/engine.ts';
import { type EngineHealth, EngineWatch } from '../operations/engine-watch.ts';
import type { OperationMetrics, OperationName } from '../observe/operation-metrics.ts';
import type { World } from './world.ts';
import { operationLog } from './operation-log.ts';

export class OperationReports {
  readonly #watch: EngineWatch;
  readonly #log: (event: EngineEvent) => void;
  readonly #openMetrics: (health: () => EngineHealth | undefined) => OperationMetrics;
  #metrics: OperationMetrics | undefined;

  constructor({
    log,
    clock,
    wallClock,
    metrics,
  }: Pick<World, 'log' | 'clock' | 'wallClock' | 'metrics'>) {
    const now = (): number => clock.now();
    this.#watch = new EngineWatch(now, wallClock);
    this.#log = operationLog(log, now);
    this.#openMetrics = (health) => metrics.ofOperations(health);
  }

  /** An engine is being opened. The first one brings its metrics. */
  begin(): void {
    this.#watch.begin();
    this.#metrics ??= this.#openMetrics(() => this.health);
  }

  readonly hear = (event: EngineEvent): void => {
    this.#watch.hear(event);
    this.#metrics?.observe(event);
    this.#log(event);
  };

  /** `undefined` while there is no engine. */
  get health(): EngineHealth | undefined {
    return this.#watch.health;
  }

  /** The sagas and commands of the config that serves. */
  serve(names: readonly OperationName[]): void {
    this.#metrics?.serve(names);
  }
}
