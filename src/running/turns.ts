/** Work that is done one at a time, in the order in which it was asked for. */

export class Turns {
  /** The last one that was asked for; it never rejects. */
  #last: Promise<unknown> | undefined;

  get areBusy(): boolean {
    return this.#last !== undefined;
  }

  /** Does `work` when everything before it is over; at once, where nothing is. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last === undefined ? work() : this.#last.then(work);
    const over: Promise<unknown> = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last === over) this.#last = undefined;
      });
    this.#last = over;
    return result;
  }

  /** Waits for everything that was asked for. */
  async end(): Promise<void> {
    while (this.#last !== undefined) await this.#last;
  }
}
