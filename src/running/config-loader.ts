/** Loads the config of a gateway, again and again, and remembers what was read the last time. */
import { sourcesOf } from '../listener/certificate-set.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import type { Config } from '../config/build/config.ts';
import { type Loaded, loadConfig, type LoadOptions } from '../config/load.ts';
import type { Source } from '../config/yaml/source.ts';
import { watchedOf, type WatchedFiles } from './config-watch.ts';

export interface ConfigLoaderOptions extends Omit<
  LoadOptions<GatewayModules>,
  'onRead' | 'snapshot'
> {
  readonly adjust: (config: Config) => Config;
}

export class ConfigLoader {
  readonly #options: ConfigLoaderOptions;
  #source: Source | undefined;
  /** Files that the last valid config names. */
  #named: readonly string[] = [];

  constructor(options: ConfigLoaderOptions) {
    this.#options = options;
  }

  /** @throws {ConfigError} with every fault */
  async load(): Promise<Loaded<GatewayModules>> {
    const onRead = (source: Source): void => {
      this.#source = source;
    };
    const { adjust } = this.#options;
    const loaded = await loadConfig({ ...this.#options, onRead });
    const config = adjust(loaded.config);
    this.#named = namedBy(config);
    return { ...loaded, config };
  }

  /** What was read the last time, be it valid or not. */
  get watched(): WatchedFiles {
    return watchedOf(this.#source!, this.#named);
  }

  get texts(): ReadonlyMap<string, string> {
    return this.#source!.snapshot.texts;
  }
}

/** Without the certificates of the listening port, which follows them by itself. */
function namedBy({ files, server: { tls } }: Config): string[] {
  const own = new Set(tls === undefined ? [] : sourcesOf(tls).map(({ file }) => file));
  return files.filter((file) => !own.has(file));
}
