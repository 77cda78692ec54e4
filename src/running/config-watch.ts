/**
 * Follows the files of a config, and of what it names, and reports when their content has changed.
 *
 * Events only say that something happened in a folder; what counts is what the files hold afterwards. A file that is
 * saved again unchanged, or a link that is switched to the same content, is no change.
 */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { filesMatching, type Source } from '../config/yaml/source.ts';
import { type FileWatch, watchFiles } from '../listener/watch-files.ts';

export interface WatchedFiles {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Patterns of `include`, and the folder that they start from. */
  readonly patterns: readonly string[];
  readonly folder: string;
}

/** By path. */
export type Digests = ReadonlyMap<string, string>;

export const digestsOf = (texts: ReadonlyMap<string, string>): Digests =>
  new Map([...texts].map(([file, text]) => [file, digestOf(text)]));

const digestOf = (content: string | Uint8Array): string => hash('sha256', content);

/** What a config was read from. */
export const watchedOf = (source: Source): WatchedFiles => ({
  files: [...new Set([...source.files, ...source.secretFiles])],
  patterns: [...source.snapshot.included.keys()],
  folder: dirname(source.files[0]!),
});

export class ConfigWatch {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #watched: WatchedFiles = { files: [], patterns: [], folder: '' };
  #content: string | undefined;
  #watching: FileWatch | undefined;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Follows `watched` from now on; `digests` are those of its config files as they were read. */
  async follow(watched: WatchedFiles, digests: Digests): Promise<void> {
    const isElsewhere =
      this.#watching === undefined || placesOf(watched).join() !== placesOf(this.#watched).join();
    this.#watched = watched;
    if (isElsewhere) this.#watch();
    this.#content = await contentOf(watched, digests);
    // Something may have changed since they were read.
    await this.#look();
  }

  close(): void {
    this.#watching?.close();
    this.#watching = undefined;
  }

  #watch(): void {
    this.#watching?.close();
    this.#watching = watchFiles(placesOf(this.#watched), this.#clock, () => void this.#look());
  }

  async #look(): Promise<void> {
    const content = await contentOf(this.#watched);
    if (content === this.#content || this.#watching === undefined) return;
    this.#content = content;
    this.#onChange();
  }
}

/** One file in each folder to watch. A file that a pattern will match may lie in a folder that holds none today. */
function placesOf({ files, patterns, folder }: WatchedFiles): string[] {
  const places = [...files, ...patterns.map((pattern) => join(folder, pattern))];
  const byFolder = new Map(places.map((place) => [dirname(place), place]));
  return [...byFolder.values()].toSorted();
}

/** A digest of what all of them hold; a file that cannot be read counts as such. */
async function contentOf(
  { files, patterns, folder }: WatchedFiles,
  known?: Digests,
): Promise<string> {
  const matching = patterns.flatMap((pattern) => filesMatching(pattern, folder));
  const all: string[] = [];
  for (const file of new Set([...files, ...matching])) {
    const digest = known?.get(file) ?? digestOf(await readFile(file).catch(codeOf));
    all.push(`${file} ${digest}`);
  }
  return all.join('\n');
}

const codeOf = ({ code = '' }: NodeJS.ErrnoException): string => code;
