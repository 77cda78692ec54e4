/** Moments of the gateway's clock, as others read them. */
import type { World } from '../assembly/world.ts';

/** `at` is on the clock, which only measures differences. */
export const isoTime = (at: number, { clock, wallClock }: Pick<World, 'clock' | 'wallClock'>) =>
  new Date(Math.round(wallClock() + at - clock.now())).toISOString();
