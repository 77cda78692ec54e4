/**
 * Values that plugins keep from one generation to the next, such as key sets and the counters of
 * limiters.
 *
 * A value lives as long as some generation that asked for it, under the same key and with equal settings.
 */
import { isDeepStrictEqual } from 'node:util';

interface Entry {
  readonly settings: unknown;
  readonly value: unknown;
  readonly dispose: () => unknown;
  readonly users: Set<object>;
}

export class KeptValues {
  /** By key: a plugin may keep something for each of ten thousand routes. */
  readonly #entries = new Map<string, Entry[]>();

  /** The value of `key`, for `generation`; made if there is none for these settings. */
  keep<T>(
    generation: object,
    key: string,
    settings: unknown,
    make: () => T,
    dispose?: (value: T) => unknown,
  ): T {
    for (const entry of this.#entries.get(key) ?? []) {
      if (!isDeepStrictEqual(entry.settings, settings)) continue;
      entry.users.add(generation);
      // A value made under this key and these settings is of this type.
      return entry.value as T;
    }
    const value = make();
    const users = new Set([generation]);
    const entry = { settings, value, dispose: () => dispose?.(value), users };
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), entry]);
    return value;
  }

  /** Ends the use by `generation`; disposes of values that no other generation uses, and waits for that. */
  async release(generation: object): Promise<void> {
    const disposed: unknown[] = [];
    for (const [key, entries] of this.#entries) {
      const unused = entries.filter(({ users }) => users.delete(generation) && users.size === 0);
      if (unused.length === 0) continue;
      const left = entries.filter((entry) => !unused.includes(entry));
      if (left.length === 0) this.#entries.delete(key);
      else this.#entries.set(key, left);
      for (const { dispose } of unused) disposed.push(dispose());
    }
    await Promise.all(disposed);
  }
}
