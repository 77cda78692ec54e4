/**
 * Since when routes are as they are, for those that somebody moves from one upstream to another. It outlives generations:
 * a reload that leaves a route alone does not touch it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RouteConfig } from '../config/build/config.ts';
import { Slices } from '../core/slices.ts';

/** When a route became what it is. */
export interface RouteChange {
  /** The generation that brought it. */
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Known {
  readonly config: RouteConfig;
  /** Absent: the next generation brings it. */
  readonly change: RouteChange | undefined;
}

/** It says who owns it, is divided, or is copied to a service that may take over. */
export const isMoving = ({ owner, action: { kind, mirrors } }: RouteConfig): boolean =>
  owner !== undefined || kind === 'split' || mirrors !== undefined;

export class RouteChanges {
  #known: ReadonlyMap<string, Known> = new Map();

  /** `undefined` if no such route serves, or if it does not move. */
  of(route: string): RouteChange | undefined {
    return this.#known.get(route)?.change;
  }

  /** Compares `routes` with those that serve. @returns what makes them those that do */
  async prepare(routes: readonly RouteConfig[]): Promise<(now: RouteChange) => void> {
    const next = new Map<string, Known>();
    const slices = new Slices();
    for (const config of routes) {
      if (!isMoving(config)) continue;
      const known = this.#known.get(config.name);
      const isSame = known !== undefined && isDeepStrictEqual(known.config, config);
      next.set(config.name, { config, change: isSame ? known.change : undefined });
      await slices.pause();
    }
    return (now) => {
      this.#known = new Map(
        [...next].map(([name, { config, change = now }]) => [name, { config, change }]),
      );
    };
  }
}
