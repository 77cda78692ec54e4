/**
 * Collects what plugins and BFFs throw while a gateway starts, as faults at the places in the config that
 * name them, so that one start reports all of them.
 */
import type { Clock } from '../core/clock.ts';
import { ConfigError, type Fault, type Finding } from '../config/fault.ts';
import { toError } from '../core/errors.ts';
import { within } from '../core/within.ts';
import type { GatewayModules } from './modules.ts';
import { thrownAt } from './thrown-at.ts';

/**
 * The longest that one plugin or BFF may take to start. Without it, one that hangs would leave the
 * gateway silent.
 */
const START_MS = 60_000;

export class StartFaults {
  readonly #modules: GatewayModules;
  readonly #clock: Clock;
  readonly #faults: Fault[] = [];
  /** Fastify throws its first error again for everything registered later. */
  readonly #told = new Set<unknown>();

  constructor(modules: GatewayModules, clock: Clock) {
    this.#modules = modules;
    this.#clock = clock;
  }

  /** The result of `start`; `undefined` if it threw, which adds the fault `finding` with the reason. */
  async attempt<T>(finding: Finding, start: () => T | Promise<T>): Promise<T | undefined> {
    try {
      const started = start();
      return started instanceof Promise ? await this.#inTime(started) : started;
    } catch (error) {
      if (!this.#told.has(error)) {
        const { message: why } = toError(error);
        const message = `${finding.message}: ${why}`;
        const place = error instanceof Error ? thrownAt(error) : undefined;
        this.#faults.push(this.#modules.place({ ...finding, message, thrownAt: place }));
      }
      this.#told.add(error);
      return undefined;
    }
  }

  #inTime<T>(started: Promise<T>): Promise<T> {
    const late = (): never => {
      throw new NotDone();
    };
    return within(started, { ms: START_MS, clock: this.#clock, late });
  }

  /** @throws {ConfigError} with every fault so far */
  throwAny(): void {
    if (this.#faults.length > 0) throw new ConfigError(this.#faults);
  }
}

class NotDone extends Error {
  override readonly message = `it did not finish within ${START_MS / 1_000}s`;
}
