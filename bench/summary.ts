/** Condenses the rounds into one line per contestant. Medians: one disturbed round must not decide. */
import type { Contestant } from './contestants.ts';
import { cpuPerRequest, type Measurement } from './measurement.ts';

/** Each contestant, measured once. */
export type Round = ReadonlyMap<Contestant, Measurement>;

export interface Line {
  readonly name: Contestant;
  readonly cpuUs: number;
  /** To the floor of the same round; `undefined` where the floor did not run. */
  readonly ratio: number | undefined;
  readonly requestsPerSecond: number;
  /** Share of one core that was used. */
  readonly coreShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all rounds. */
  readonly non2xx: number;
  readonly errors: number;
  /** The most of all rounds. */
  readonly residentBytes: number;
}

export function summarize(name: Contestant, rounds: readonly Round[]): Line {
  const all = rounds.map((round) => round.get(name)!);
  const medianOf = (value: (each: Measurement) => number): number => median(all.map(value));
  return {
    name,
    cpuUs: medianOf(cpuPerRequest),
    ratio: ratioOf(name, 'floor', rounds),
    requestsPerSecond: medianOf(({ requests, elapsedMs }) => requests / (elapsedMs / 1_000)),
    coreShare: medianOf(({ cpuNs, elapsedMs }) => cpuNs / 1e6 / elapsedMs),
    p50Ms: medianOf(({ p50Ms }) => p50Ms),
    p99Ms: medianOf(({ p99Ms }) => p99Ms),
    non2xx: sum(all.map(({ non2xx }) => non2xx)),
    errors: sum(all.map(({ errors }) => errors)),
    residentBytes: Math.max(...all.map(({ residentBytes }) => residentBytes)),
  };
}

/** CPU of `name` by that of `other`, round by round; `undefined` where one of them did not run. */
export function ratioOf(
  name: Contestant,
  other: Contestant,
  rounds: readonly Round[],
): number | undefined {
  const ratios = rounds.flatMap((round) => {
    const [mine, theirs] = [round.get(name), round.get(other)];
    return mine === undefined || theirs === undefined
      ? []
      : [cpuPerRequest(mine) / cpuPerRequest(theirs)];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Share of the machine that other programs used meanwhile: what makes figures noisy. */
export function strangersShare(rounds: readonly Round[], cores: number): number {
  const all = rounds.flatMap((round) => [...round.values()]);
  const used = sum(all.map(({ strangersMs }) => strangersMs));
  return used / (cores * sum(all.map(({ elapsedMs }) => elapsedMs)));
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
