/**
 * Reloads the config, or goes back to an earlier one: loads it, builds its generation beside the one that serves, and
 * hands that over. A config with faults changes nothing.
 */
import type { Config } from '../config/build/config.ts';
import { ConfigError, type Fault } from '../config/fault.ts';
import type { Loaded } from '../config/load.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import type { World } from '../assembly/world.ts';
import { buildGeneration, type Generation } from '../generation.ts';
import { changesOf } from './changes-of.ts';
import type { ConfigLoader } from './config-loader.ts';
import { type Cause, History, type PastGeneration, type ReloadCause } from './history.ts';
import { restartRequired } from './restart-required.ts';
import { tellReload } from './tell-reload.ts';
import { Turns } from './turns.ts';

export interface Reload {
  readonly cause: Cause;
  /** `held`: a rollback holds, and nothing has changed since. */
  readonly result: 'applied' | 'rejected' | 'held';
  /** When it ended, in ISO 8601. */
  readonly at: string;
  /** The generation that serves since. */
  readonly generation: number;
  /** What changed, in words; none if it was rejected, or means the same. */
  readonly changes: readonly string[];
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** Every fault of a config that was rejected, and the warnings of one that was applied. */
  readonly faults: readonly Fault[];
  /** Keys that were changed and have no effect before a restart. */
  readonly restartRequired: readonly string[];
}

export interface ReloaderOptions {
  readonly loader: ConfigLoader;
  /** What the first generation was loaded from. */
  readonly first: PastGeneration;
  readonly world: World;
  /** The config that the sockets were opened for. */
  readonly opened: Config;
  readonly current: () => Generation;
  /** Makes a generation the one that serves. @throws where its config cannot be used after all */
  readonly swap: (next: Generation) => void;
}

export interface ReloadOrder {
  /** Take the config of the files, whether a rollback holds or not. Default: false. */
  readonly isForced?: boolean;
}

/** A rollback, from when it was ordered until the config files change. */
interface Hold {
  /** Whose config it is. */
  readonly to: PastGeneration;
  /** What the config files held. */
  readonly content: string;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #turns = new Turns();
  /** Of those who asked while something was running: it may have read the files before they changed. */
  #waiting: { isForced: boolean; readonly reload: Promise<Reload> } | undefined;
  readonly history = new History();
  #isStopped = false;
  #last: Reload | undefined;
  #hold: Hold | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.history.add(options.first);
  }

  /** The last one that ended; one that was held changed nothing, and is not it. */
  get last(): Reload | undefined {
    return this.#last;
  }

  get rolledBackTo(): number | undefined {
    return this.#hold?.to.number;
  }

  /** One at a time; those that are asked for while one is running become one. */
  reload(cause: ReloadCause, { isForced = false }: ReloadOrder = {}): Promise<Reload> {
    if (this.#waiting !== undefined) {
      this.#waiting.isForced ||= isForced;
      return this.#waiting.reload;
    }
    if (!this.#turns.areBusy) return this.#turns.next(() => this.#reload(cause, isForced));
    const reload = this.#turns.next(() => {
      const isForcedByAny = this.#waiting!.isForced;
      this.#waiting = undefined;
      return this.#reload(cause, isForcedByAny);
    });
    this.#waiting = { isForced, reload };
    return reload;
  }

  /**
   * Goes back to the config of a generation that is kept; {@link History.target} says which.
   *
   * @throws {RollbackError} when there is none, or when it serves
   */
  rollback(number?: number): Promise<Reload> {
    return this.#turns.next(async () => {
      const to = this.history.target(number);
      const content = await this.#options.loader.contentAsRead();
      return this.#load(`rollback to ${to.number}`, { to, content });
    });
  }

  /** Waits for those that were asked for; nothing is swapped any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#turns.end();
  }

  async #reload(cause: ReloadCause, isForced: boolean): Promise<Reload> {
    const hold = isForced ? undefined : await this.#holding();
    if (hold === undefined || (await this.#hasOutsideChanged())) return this.#load(cause, hold);
    const held = this.#outcome(cause, 'held');
    tellReload(held, 0, this.#options.world.log);
    return held;
  }

  /** The rollback, unless it has ended: the config files are no longer as they were. */
  async #holding(): Promise<Hold | undefined> {
    const hold = this.#hold;
    if (hold === undefined) return undefined;
    return (await this.#options.loader.contentNow()) === hold.content ? hold : undefined;
  }

  async #hasOutsideChanged(): Promise<boolean> {
    const now = await this.#options.loader.outsideNow();
    const { outside } = this.history.current;
    return [...now].some(([file, digest]) => outside.get(file) !== digest);
  }

  /** Loads the config of `hold`, or else that of the files. */
  async #load(cause: Cause, hold: Hold | undefined): Promise<Reload> {
    const { world } = this.#options;
    const startedAt = world.clock.now();
    const reload = await this.#attempt(cause, hold);
    this.#last = reload;
    if (reload.result !== 'held')
      world.metrics.config.observeLoad(reload.result, reload.generation);
    tellReload(reload, world.clock.now() - startedAt, world.log);
    return reload;
  }

  async #attempt(cause: Cause, hold: Hold | undefined): Promise<Reload> {
    const { loader, opened, world } = this.#options;
    try {
      const loaded = await loader.load(hold?.to.snapshot);
      await this.#replace(loaded);
      if (hold === undefined && this.#hold !== undefined)
        world.log.info({ rolledBackTo: this.rolledBackTo }, 'the rollback has ended');
      this.#hold = hold;
      return this.#outcome(cause, 'applied', {
        changes: await this.#noted(cause, loaded, hold),
        faults: loaded.warnings,
        restartRequired: restartRequired(opened, loaded.config),
      });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#outcome(cause, 'rejected', { faults: error.faults });
    }
  }

  #outcome(cause: Cause, result: Reload['result'], more: Partial<Reload> = {}): Reload {
    return {
      cause,
      result,
      at: new Date().toISOString(),
      generation: this.#options.current().number,
      ...(this.#hold === undefined ? {} : { rolledBackTo: this.#hold.to.number }),
      changes: [],
      faults: [],
      restartRequired: this.#last?.restartRequired ?? [],
      ...more,
    };
  }

  /** Adds the generation that serves to the history. @returns what changed with it */
  async #noted(
    cause: Cause,
    { snapshot, modules }: Loaded<GatewayModules>,
    hold: Hold | undefined,
  ): Promise<readonly string[]> {
    const { loader, current, world } = this.#options;
    const { number } = current();
    const at = new Date().toISOString();
    const outside = await loader.outsideNow();
    const now = { snapshot, outside, hash: loader.hashOf(snapshot, outside) };
    let changes: readonly string[];
    try {
      changes = await changesOf(this.history.current, now, modules.plugins);
    } catch (error) {
      // It serves already, whatever can be said of it.
      world.log.error({ err: error }, 'bug');
      changes = ['what changed could not be found out'];
    }
    const configOf = hold?.to.configOf ?? number;
    this.history.add({ number, at, cause, changes, configOf, ...now });
    return changes;
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
}

const stopped = ({ modules }: Loaded<GatewayModules>): ConfigError =>
  new ConfigError([modules.place({ path: [], message: 'the gateway is stopping' })]);
