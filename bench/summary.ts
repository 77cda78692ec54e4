/** Condenses the rounds into one line per subject. Medians: one disturbed round must not decide. */
import { cpuPerRequest, type Measurement } from './load/measurement.ts';
import { FLOOR, type Heat, type Subject } from './subjects/subject.ts';

/** Each subject, by name, measured once. */
export type Round = ReadonlyMap<string, Measurement>;

/** What a heat has measured. */
export interface HeatResult {
  readonly heat: Heat;
  readonly rounds: readonly Round[];
  /** At half the rate that each can do; empty where that was not asked for. */
  readonly halves: readonly Round[];
}

export interface GroupResult {
  readonly name: string;
  readonly heats: readonly HeatResult[];
}

/** The median of the rounds, with the lowest and the highest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Line {
  readonly name: string;
  readonly cpuUs: number;
  /** CPU to that of the floor of the same round; `undefined` where the floor did not run. */
  readonly ratio: Spread | undefined;
  /** To the job's own floor; `undefined` where that is the floor itself, or did not run. */
  readonly ownRatio: Spread | undefined;
  readonly requestsPerSecond: number;
  /** Share of one core that was used. */
  readonly coreShare: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** p99 ÷ mean. */
  readonly tail: number;
  /** Of all rounds. */
  readonly non2xx: number;
  readonly errors: number;
  /** The most of all rounds. */
  readonly residentBytes: number;
}

export function summarize({ name, job }: Subject, rounds: readonly Round[]): Line {
  const all = rounds.map((round) => round.get(name)!);
  const medianOf = (value: (each: Measurement) => number): number => median(all.map(value));
  return {
    name,
    cpuUs: medianOf(cpuPerRequest),
    ratio: ratioOf(name, FLOOR, rounds),
    ownRatio: job.floor === FLOOR ? undefined : ratioOf(name, job.floor, rounds),
    requestsPerSecond: medianOf(rateOf),
    coreShare: medianOf(({ cpuNs, elapsedMs }) => cpuNs / 1e6 / elapsedMs),
    meanMs: medianOf(({ meanMs }) => meanMs),
    p50Ms: medianOf(({ p50Ms }) => p50Ms),
    p99Ms: medianOf(({ p99Ms }) => p99Ms),
    tail: medianOf(tailOf),
    non2xx: sum(all.map(({ non2xx }) => non2xx)),
    errors: sum(all.map(({ errors }) => errors)),
    residentBytes: Math.max(...all.map(({ residentBytes }) => residentBytes)),
  };
}

/** Requests per second. */
export const rateOf = ({ requests, elapsedMs }: Measurement): number =>
  requests / (elapsedMs / 1_000);
export const tailOf = ({ p99Ms, meanMs }: Measurement): number => p99Ms / meanMs;

/** CPU of `name` by that of `other`, round by round; `undefined` where one of them did not run. */
export const ratioOf = (
  name: string,
  other: string,
  rounds: readonly Round[],
): Spread | undefined => quotientOf(cpuPerRequest, name, other, rounds);

/** A figure of `name` by that of `other`, round by round; `undefined` where one of them did not run. */
export function quotientOf(
  figure: (measurement: Measurement) => number,
  name: string,
  other: string,
  rounds: readonly Round[],
): Spread | undefined {
  const quotients = rounds.flatMap((round) => {
    const [mine, theirs] = [round.get(name), round.get(other)];
    return mine === undefined || theirs === undefined ? [] : [figure(mine) / figure(theirs)];
  });
  return quotients.length === 0 ? undefined : spreadOf(quotients);
}

const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

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
