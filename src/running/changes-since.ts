/** What has changed since an earlier generation. Configs may be long, so each pair is compared once, and one after the other. */
import { changesOf } from './changes-of.ts';
import type { PluginNames } from '../config/changes/words.ts';
import type { History } from './history.ts';
import { Turns } from './turns.ts';

export class ChangesSince {
  readonly #history: History;
  readonly #turns = new Turns();
  /** Of the generation that serves, by the number of the earlier one. */
  readonly #known = new Map<number, Promise<readonly string[]>>();
  #current: number | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  /** `undefined`: there is no such generation in memory. */
  of(number: number, plugins: PluginNames): Promise<readonly string[]> | undefined {
    const before = this.#history.at(number);
    if (before === undefined) return undefined;
    const { current } = this.#history;
    if (this.#current !== current.number) this.#known.clear();
    this.#current = current.number;
    let changes = this.#known.get(number);
    if (changes === undefined) {
      changes = this.#turns.next(() => changesOf(before, current, plugins));
      this.#known.set(number, changes);
    }
    return changes;
  }
}
