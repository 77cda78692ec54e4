/** Loads the config of a gateway, again and again, and remembers which files were read the last time. */
import { dirname } from 'node:path';
import { sourcesOf } from '../listener/certificate-set.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import type { Config } from '../config/build/config.ts';
import { type Loaded, loadConfig, type LoadOptions } from '../config/load.ts';
import type { Snapshot, Source } from '../config/yaml/source.ts';
import { configHash } from './config-hash.ts';
import {
  contentAsRead,
  contentNow,
  type Digests,
  digestsNow,
  digestsOf,
  type WatchedFiles,
} from './file-content.ts';

export interface ConfigLoaderOptions extends Omit<
  LoadOptions<GatewayModules>,
  'onRead' | 'snapshot'
> {
  readonly adjust: (config: Config) => Config;
  /** Told after each load, be it valid or not. */
  readonly onLoaded?: ((watched: WatchedFiles, digests: Digests) => void) | undefined;
}

export class ConfigLoader {
  readonly #options: ConfigLoaderOptions;
  // Not the source: a gateway that serves holds nothing that was parsed.
  /** The config files, as the disk had them the last time, be they valid or not. */
  #read: WatchedFiles = { files: [], patterns: [], folder: '' };
  #digests: Digests = new Map();
  /** Files whose content is a value: of what the disk had the last time, or of an earlier config that was valid. */
  #secretFiles: readonly string[] = [];
  /** Files that the last valid config names. */
  #named: readonly string[] = [];

  constructor(options: ConfigLoaderOptions) {
    this.#options = options;
  }

  /** Loads what `snapshot` holds, or else the disk. @throws {ConfigError} with every fault */
  async load(snapshot?: Snapshot): Promise<Loaded<GatewayModules>> {
    let read: Pick<Source, 'files' | 'secretFiles'> = { files: [], secretFiles: [] };
    const onRead = (source: Source): void => {
      read = { files: source.files, secretFiles: source.secretFiles };
      if (snapshot === undefined) this.#note(source);
    };
    const { adjust, onLoaded } = this.#options;
    try {
      const loaded = await loadConfig({ ...this.#options, onRead, snapshot });
      const config = adjust(loaded.config);
      this.#secretFiles = read.secretFiles;
      this.#named = namedBy(config, read.files);
      return { ...loaded, config };
    } finally {
      onLoaded?.(this.watched, this.#digests);
    }
  }

  /** Where the values of `snapshot` are from; changes nothing here. @throws {ConfigError} with every fault */
  async originsOf(snapshot: Snapshot): Promise<Loaded<GatewayModules>['originOf']> {
    const { file, environment, loadModules } = this.#options;
    return (await loadConfig({ file, environment, loadModules, snapshot })).originOf;
  }

  #note({ files, secretFiles, snapshot: { texts, included } }: Source): void {
    this.#read = { files, patterns: [...included.keys()], folder: dirname(files[0]!) };
    this.#digests = digestsOf(texts);
    this.#secretFiles = secretFiles;
  }

  /** The config files on the disk, and the files that the last config names. */
  get watched(): WatchedFiles {
    const { files, patterns, folder } = this.#read;
    return { files: [...new Set([...files, ...this.#outside])], patterns, folder };
  }

  /** As it was given. */
  get file(): string {
    return this.#options.file;
  }

  /** Of `snapshot`, which was loaded last, and `outside`, which it names. */
  hashOf(snapshot: Snapshot, outside: Digests): string {
    return configHash(snapshot, outside, this.#secretFiles);
  }

  /** Of the config files, as they were read. */
  get digests(): Digests {
    return this.#digests;
  }

  /** What the config files held when they were read the last time. */
  contentAsRead(): Promise<string> {
    return contentAsRead(this.#read.files, this.#digests);
  }

  /** What they hold now. */
  contentNow(): Promise<string> {
    return contentNow(this.#read);
  }

  /** Of the files that the last config names, as they are now. */
  outsideNow(): Promise<Digests> {
    return digestsNow(this.#outside);
  }

  get #outside(): readonly string[] {
    return [...new Set([...this.#secretFiles, ...this.#named])];
  }
}

/** Without its own files, and without the certificates of listeners, which follow them by themselves. */
function namedBy({ files, server }: Config, ownFiles: readonly string[]): string[] {
  const sources = server.listeners.flatMap(({ tls }) => (tls === undefined ? [] : sourcesOf(tls)));
  const certificates = sources.map(({ file }) => file);
  const own = new Set([...ownFiles, ...certificates]);
  return files.filter((file) => !own.has(file));
}
