/**
 * A bounded map of values that expire: when it is full, the value that was set longest ago makes
 * room.
 */
export class ExpiringMap<T> {
  readonly #maxAgeMs: number;
  readonly #maxSize: number;
  readonly #entries = new Map<string, { readonly value: T; readonly freshUntil: number }>();

  constructor({ maxAgeMs, maxSize }: { readonly maxAgeMs: number; readonly maxSize: number }) {
    this.#maxAgeMs = maxAgeMs;
    this.#maxSize = maxSize;
  }

  /** `undefined` if it has expired. */
  fresh(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.freshUntil > nowMs ? entry.value : undefined;
  }

  /** Fresh or not. */
  last(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: T, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, freshUntil: nowMs + this.#maxAgeMs });
    if (this.#entries.size <= this.#maxSize) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
