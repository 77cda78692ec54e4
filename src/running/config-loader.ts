/** Loads the config of a gateway, again and again, and remembers which files were read the last time. */
import { sourcesOf } from '../listener/certificate-set.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import type { Config } from '../config/build/config.ts';
import { type Loaded, loadConfig, type LoadOptions } from '../config/load.ts';
import type { Source } from '../config/yaml/source.ts';
import { type Digests, digestsOf, watchedOf, type WatchedFiles } from './config-watch.ts';

export interface ConfigLoaderOptions extends Omit<
  LoadOptions<GatewayModules>,
  'onRead' | 'snapshot'
> {
  readonly adjust: (config: Config) => Config;
}

export class ConfigLoader {
  readonly #options: ConfigLoaderOptions;
  // Not the source: a gateway that serves holds none of the texts, and nothing that was parsed.
  #read: WatchedFiles = { files: [], patterns: [], folder: '' };
  #digests: Digests = new Map();
  /** Files that the last valid config names. */
  #named: readonly string[] = [];

  constructor(options: ConfigLoaderOptions) {
    this.#options = options;
  }

  /** @throws {ConfigError} with every fault */
  async load(): Promise<Loaded<GatewayModules>> {
    const onRead = (source: Source): void => {
      this.#read = watchedOf(source);
      this.#digests = digestsOf(source.snapshot.texts);
    };
    const { adjust } = this.#options;
    const loaded = await loadConfig({ ...this.#options, onRead });
    const config = adjust(loaded.config);
    this.#named = namedBy(config);
    return { ...loaded, config };
  }

  /** What was read the last time, be it valid or not. */
  get watched(): WatchedFiles {
    const { files, patterns, folder } = this.#read;
    return { files: [...new Set([...files, ...this.#named])], patterns, folder };
  }

  /** Of the files of the config, as they were read. */
  get digests(): Digests {
    return this.#digests;
  }
}

/** Without the certificates of the listening port, which follows them by itself. */
function namedBy({ files, server: { tls } }: Config): string[] {
  const own = new Set(tls === undefined ? [] : sourcesOf(tls).map(({ file }) => file));
  return files.filter((file) => !own.has(file));
}
