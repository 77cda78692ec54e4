/**
 * What plugins keep from one generation to the next: key sets, the counters of limiters.
 *
 * A value lives as long as some generation asked for it under the same key with equal settings.
 */
import { isDeepStrictEqual } from 'node:util';

interface Entry {
  readonly key: string;
  readonly settings: unknown;
  readonly value: unknown;
  readonly dispose: () => void;
  readonly users: Set<object>;
}

export class KeptValues {
  readonly #entries = new Set<Entry>();

  /** The value of `key`, for `generation`; made where there is none for these settings. */
  keep<T>(
    generation: object,
    key: string,
    settings: unknown,
    make: () => T,
    dispose?: (value: T) => void,
  ): T {
    for (const entry of this.#entries) {
      if (entry.key !== key || !isDeepStrictEqual(entry.settings, settings)) continue;
      entry.users.add(generation);
      // Whoever made it under this key and these settings made it of this type.
      return entry.value as T;
    }
    const value = make();
    const users = new Set([generation]);
    this.#entries.add({ key, settings, value, dispose: () => dispose?.(value), users });
    return value;
  }

  /** `generation` has ended: what nobody else uses is disposed of. */
  release(generation: object): void {
    for (const entry of this.#entries) {
      if (!entry.users.delete(generation) || entry.users.size > 0) continue;
      this.#entries.delete(entry);
      entry.dispose();
    }
  }
}
