/** The splits of one generation, by the names of their routes. */
import { RunningSplit, type SplitWorld } from './running-split.ts';
import type { SplitConfig } from './split-config.ts';

export class Splits {
  readonly #world: SplitWorld;
  readonly #byRoute = new Map<string, RunningSplit>();

  constructor(world: SplitWorld) {
    this.#world = world;
  }

  /** Makes the split of a route, once. */
  open(route: string, config: SplitConfig): RunningSplit {
    const split = new RunningSplit(route, config, this.#world);
    this.#byRoute.set(route, split);
    return split;
  }

  /** `undefined` if the route is not split. */
  at(route: string): RunningSplit | undefined {
    return this.#byRoute.get(route);
  }

  [Symbol.iterator](): Iterator<RunningSplit> {
    return this.#byRoute.values();
  }
}
