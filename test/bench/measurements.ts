/** Made-up results, for the tests of what is made of them. */
import type { Measurement } from '../../bench/load/measurement.ts';
import { choose } from '../../bench/subjects/index.ts';
import type { GroupResult, Round } from '../../bench/summary.ts';

export const aMeasurement = (changes: Partial<Measurement> = {}): Measurement => ({
  requests: 1_000,
  elapsedMs: 500,
  cpuNs: 40_000_000,
  meanMs: 2,
  p50Ms: 2,
  p99Ms: 4,
  non2xx: 0,
  errors: 0,
  strangersMs: 0,
  residentBytes: 100 * 1_048_576,
  ...changes,
});

/** A measurement with that CPU time per request. */
export const costing = (us: number, changes: Partial<Measurement> = {}): Measurement =>
  aMeasurement({ cpuNs: us * 1_000_000, ...changes });

/** One round: subjects and what each has shown. */
export const aRound = (measured: Readonly<Record<string, Measurement>>): Round =>
  new Map(Object.entries(measured));

/** A group with one heat, which has the subjects of its rounds. */
export function aGroup(
  name: string,
  rounds: readonly Round[],
  halves: readonly Round[] = [],
): GroupResult {
  const heat = choose([...rounds[0]!.keys()])[0]!.heats[0]!;
  return { name, heats: [{ heat, rounds, halves }] };
}
