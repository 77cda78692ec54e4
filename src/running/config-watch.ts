/**
 * Follows the files of a config, and of what it names, and reports when their content has changed.
 *
 * Events only say that something happened in a folder; what counts is what the files hold afterwards. A file that is
 * saved again unchanged, or a link that is switched to the same content, is no change.
 */
import { dirname, join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { type FileWatch, watchFiles } from '../listener/watch-files.ts';
import { contentAsRead, contentNow, type Digests, type WatchedFiles } from './file-content.ts';

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
    this.#content = await contentAsRead(watched.files, digests);
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
    const content = await contentNow(this.#watched);
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
