/**
 * Reloads the config: loads it, builds its generation beside the one that serves, and hands that over.
 * A config with faults changes nothing.
 */
import type { Config } from '../config/build/config.ts';
import { ConfigError, type Fault, formatFault } from '../config/fault.ts';
import type { Loaded } from '../config/load.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import type { World } from '../assembly/world.ts';
import { buildGeneration, type Generation } from '../generation.ts';
import { restartRequired } from './restart-required.ts';

/** What asked for it. */
export type ReloadCause = 'files' | 'signal' | 'admin';

export interface Reload {
  readonly cause: ReloadCause;
  readonly result: 'applied' | 'rejected';
  /** When it ended, in ISO 8601. */
  readonly at: string;
  /** The generation that serves since. */
  readonly generation: number;
  /** Every fault of a config that was rejected, and the warnings of one that was applied. */
  readonly faults: readonly Fault[];
  /** Keys that were changed and have no effect before a restart. */
  readonly restartRequired: readonly string[];
}

export interface ReloaderOptions {
  readonly load: () => Promise<Loaded<GatewayModules>>;
  readonly world: World;
  /** The config that the sockets were opened for. */
  readonly opened: Config;
  readonly current: () => Generation;
  /** Makes a generation the one that serves. @throws where its config cannot be used after all */
  readonly swap: (next: Generation) => void;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<Reload> | undefined;
  /** Of those who asked while one was running: it may have read the files before they changed. */
  #following: Promise<Reload> | undefined;
  #isStopped = false;
  #last: Reload | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** The last one that ended. */
  get last(): Reload | undefined {
    return this.#last;
  }

  /** One at a time; those that are asked for while one is running become one. */
  reload(cause: ReloadCause): Promise<Reload> {
    if (this.#running !== undefined) {
      this.#following ??= this.#running.then(() => {
        this.#following = undefined;
        return this.reload(cause);
      });
      return this.#following;
    }
    this.#running = this.#once(cause).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for the one that is running; nothing is swapped any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running?.catch(() => undefined);
  }

  async #once(cause: ReloadCause): Promise<Reload> {
    const { world, opened, current } = this.#options;
    const startedAt = world.clock.now();
    let faults: readonly Fault[] = [];
    let result: Reload['result'] = 'applied';
    let wanted = current().config;
    try {
      const loaded = await this.#options.load();
      faults = loaded.warnings;
      wanted = loaded.config;
      await this.#replace(loaded);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      result = 'rejected';
      ({ faults } = error);
    }
    const { number: generation } = current();
    const at = new Date().toISOString();
    this.#last = {
      cause,
      result,
      at,
      generation,
      faults,
      restartRequired:
        result === 'applied'
          ? restartRequired(opened, wanted)
          : (this.#last?.restartRequired ?? []),
    };
    world.metrics.observeLoad(result, generation);
    this.#tell(this.#last, world.clock.now() - startedAt);
    return this.#last;
  }

  async #replace(loaded: Loaded<GatewayModules>): Promise<void> {
    const { world, current, swap } = this.#options;
    const next = await buildGeneration(current().number + 1, loaded, world);
    try {
      if (this.#isStopped) throw stopped(loaded);
      swap(next);
    } catch (error) {
      await next.close();
      if (error instanceof ConfigError || !(error instanceof RangeError)) throw error;
      // Only certificates are used here; they passed their checks, and have been replaced since.
      const finding = { path: ['server', 'tls'], message: `cannot be used: ${error.message}` };
      throw new ConfigError([loaded.modules.place(finding)]);
    }
  }

  #tell({ cause, result, generation, faults, restartRequired: keys }: Reload, ms: number): void {
    const { log } = this.#options.world;
    const told = { cause, generation, ms: Math.round(ms) };
    if (result === 'rejected') {
      const all = faults.map(formatFault);
      log.error({ ...told, faults: all }, 'config rejected: the previous one serves on');
      return;
    }
    for (const fault of faults) log.warn(formatFault(fault));
    log.info(told, 'config applied');
    if (keys.length > 0) log.warn({ keys }, 'changed, but restart required to take effect');
  }
}

const stopped = ({ modules }: Loaded<GatewayModules>): ConfigError =>
  new ConfigError([modules.place({ path: [], message: 'the gateway is stopping' })]);
