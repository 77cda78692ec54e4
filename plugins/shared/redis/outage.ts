/**
 * Distinguishes an outage of a store from a single failure. During an outage few requests ask the store, and the
 * log says when it began and ended, not once per request.
 */

/** While the store is away, one request in this time tries it; the others do not wait for it. */
const PROBE_MS = 100;

export interface OutageLog {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export class Outage {
  readonly #now: () => number;
  readonly #log: OutageLog;
  readonly #name: string;
  #since: number | undefined;
  #nextTry = 0;

  /** `name` is what the log calls the store, such as `the store of rate limits`. */
  constructor(name: string, now: () => number, log: OutageLog) {
    this.#name = name;
    this.#now = now;
    this.#log = log;
  }

  get isOn(): boolean {
    return this.#since !== undefined;
  }

  /** May a request ask the store now? */
  mayTry(): boolean {
    if (this.#since === undefined) return true;
    const now = this.#now();
    if (now < this.#nextTry) return false;
    this.#nextTry = now + PROBE_MS;
    return true;
  }

  /** The next request tries, whenever the last one did. */
  tryNext(): void {
    this.#nextTry = 0;
  }

  /** `reason` is a code, never a text that could contain an address. */
  begin(reason: string): void {
    if (this.#since !== undefined) return;
    this.#since = this.#now();
    this.#nextTry = this.#since + PROBE_MS;
    this.#log.warn({ reason }, `${this.#name} cannot be reached`);
  }

  end(): void {
    if (this.#since === undefined) return;
    const outageMs = Math.round(this.#now() - this.#since);
    this.#since = undefined;
    this.#log.info({ outageMs }, `${this.#name} is back`);
  }
}
