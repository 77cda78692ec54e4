/** What the splits of a generation share with the gateway: its clocks, its log, its metrics, and what is kept. */
import type { SplitWorld } from '../routes/running-split.ts';
import type { World } from './world.ts';

/** @param generation stands for it among those that keep values */
export function splitWorld(
  { clock, wallClock, random, kept, log, metrics }: World,
  generation: object,
): SplitWorld {
  return {
    clock,
    wallClock,
    random,
    keep: (key, settings, make) => kept.keep(generation, key, settings, make),
    onChosen: (route, side) => metrics.splits.count(route, side),
    onAborted: (route, side, why) => log.warn({ route, side, why }, 'side of a split aborted'),
  };
}
