/** Measures groups, heat by heat, in rounds. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Dose, Field, type Means } from './field.ts';
import { cpuPerRequest, type Measurement } from './load/measurement.ts';
import type { BenchOptions } from './options.ts';
import type { Group } from './subjects/index.ts';
import { type GroupResult, type HeatResult, median, rateOf, type Round } from './summary.ts';
import type { Heat } from './subjects/subject.ts';
import { warmUp } from './warm.ts';

/** Of one measurement, besides its measured time: sockets, settling, ending. */
const OVERHEAD_MS = 3_000;
/** Of a heat. */
const START_MS = 60_000;
/** A window of the warm-up has sockets to make, too, and may be longer than asked for. */
const WARM_UP_FACTOR = 4;

/** @param onMeasured gets each group once it is done */
export async function measureGroups(
  means: Means,
  onMeasured: (group: GroupResult) => void,
): Promise<GroupResult[]> {
  const results: GroupResult[] = [];
  for (const { name, heats } of means.options.groups) {
    const measured: HeatResult[] = [];
    for (const [i, heat] of heats.entries()) {
      const starts: HeatResult[] = [];
      for (let start = 0; start < means.options.starts; start++) {
        const folder = join(means.folder, `${name}-${i}-${start}`);
        mkdirSync(folder);
        starts.push(await measureHeat(heat, { ...means, folder }));
      }
      measured.push({
        heat,
        rounds: starts.flatMap(({ rounds }) => rounds),
        halves: starts.flatMap(({ halves }) => halves),
      });
    }
    const result = { name, heats: measured };
    onMeasured(result);
    results.push(result);
  }
  return results;
}

async function measureHeat(heat: Heat, means: Means): Promise<HeatResult> {
  const { rounds: count, warmUp: limits, half } = means.options;
  const field = await Field.start(heat, means);
  for (const name of field.names) {
    const warmedMs = await warmUp(
      (measureMs) => field.measure(name, { measureMs, settleMs: 0 }),
      limits,
    );
    console.error(`warmed up ${name} for ${(warmedMs / 1_000).toFixed(0)} s`);
  }
  const rounds: Round[] = [];
  const halves: Round[] = [];
  for (let i = 0; i < count; i++) {
    const names = rotated(field.names, i);
    rounds.push(await measureRound(field, names, means.options, `round ${i + 1}`));
    if (half) halves.push(await measureHalf(field, names, means.options, rounds, i));
  }
  await field.stop();
  return { heat, rounds, halves };
}

async function measureRound(
  field: Field,
  names: readonly string[],
  { seconds, rate }: BenchOptions,
  title: string,
): Promise<Round> {
  const round = new Map<string, Measurement>();
  const dose = { measureMs: seconds * 1_000, ...(rate !== undefined && { rate }) };
  for (const name of rate === undefined ? names : names.filter((each) => field.canBePaced(each))) {
    const measurement = await measureWell(field, name, dose);
    round.set(name, measurement);
    console.error(`${title}: ${name} ${cpuPerRequest(measurement).toFixed(1)} µs`);
  }
  return round;
}

/** At half the rate that each has shown so far; HTTP/2 is left out, because h2load cannot be paced. */
async function measureHalf(
  field: Field,
  names: readonly string[],
  { seconds }: BenchOptions,
  rounds: readonly Round[],
  index: number,
): Promise<Round> {
  const round = new Map<string, Measurement>();
  for (const name of names.filter((each) => field.canBePaced(each))) {
    const rate = median(rounds.map((each) => rateOf(each.get(name)!))) / 2;
    const measurement = await measureWell(field, name, { measureMs: seconds * 1_000, rate });
    round.set(name, measurement);
    const p99 = measurement.p99Ms.toFixed(1);
    console.error(`round ${index + 1}: ${name} at ${rate.toFixed(0)} req/s: p99 ${p99} ms`);
  }
  return round;
}

/** @throws {Error} when nothing was answered */
async function measureWell(field: Field, name: string, dose: Dose): Promise<Measurement> {
  const measurement = await field.measure(name, dose);
  if (measurement.requests === 0) throw new Error(`${name} answered nothing`);
  return measurement;
}

/** Another one begins each round, so that no place in the order is anybody's own. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** Longer than this it cannot take, in milliseconds; something hangs. */
export function longestMs({
  starts,
  rounds,
  seconds,
  groups,
  half,
  warmUp: { mostMs },
}: BenchOptions) {
  const oneMs = (seconds * 1_000 + OVERHEAD_MS) * (half ? 2 : 1);
  const subjectMs = WARM_UP_FACTOR * mostMs + rounds * oneMs;
  return groups
    .flatMap(({ heats }: Group) => heats)
    .reduce((total, heat) => total + starts * (START_MS + heat.length * subjectMs), 0);
}
