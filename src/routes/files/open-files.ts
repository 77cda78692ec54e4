/**
 * Bounds how many files are open at once. Opening and reading what is short takes a turn, for which requests wait in order; a
 * download keeps its file open for as long as its client takes, so those have a bound of their own, past which they are
 * refused.
 */

/** The kernel's cost of a look-up is small; more at once would only fill libuv's threads. */
const MOST_TURNS = 32;

export class OpenFiles {
  readonly #mostDownloads: number;
  #turns = 0;
  #downloads = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(mostDownloads: number) {
    this.#mostDownloads = mostDownloads;
  }

  /** Runs `work` when its turn has come. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#turns < MOST_TURNS) this.#turns += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The next one takes over the turn.
      if (next === undefined) this.#turns -= 1;
      else next();
    }
  }

  /** Takes a place for a download; false if there is none. */
  beginDownload(): boolean {
    if (this.#downloads >= this.#mostDownloads) return false;
    this.#downloads += 1;
    return true;
  }

  endDownload(): void {
    this.#downloads -= 1;
  }
}
