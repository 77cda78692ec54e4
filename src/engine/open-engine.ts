/** Opens the engine of operations. Only this loads it, so a gateway without a store never does. */
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../operations/engine.ts';
import type { ThreadEngineOptions } from './thread-engine.ts';

/** @throws {RangeError} when the folder of an embedded store cannot be this gateway's */
export async function openEngine(
  options: Omit<ThreadEngineOptions, 'clock'>,
  clock: Clock,
): Promise<Engine> {
  const { place } = options.store;
  const { lockFolder } = await import('./folder-lock.ts');
  const release = place.kind === 'embedded' ? lockFolder(place.folder) : undefined;
  const { ThreadEngine } = await import('./thread-engine.ts');
  return new ThreadEngine({ ...options, clock, onClosed: release });
}
