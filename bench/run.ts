/**
 * `npm run bench`: CPU time per request of Portico, compared with the alternatives.
 *
 * Contestants run at the same time and are measured in turn, in rounds, so that a disturbance of the
 * machine affects all of them; ratios are formed within a round. README.md explains how to read it.
 */
import { availableParallelism } from 'node:os';
import { judge } from './budgets.ts';
import { type Cores, chooseCores } from '../src/load/cores.ts';
import { Field } from './field.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { Processes } from './processes.ts';
import { formatNoise, formatSetting, formatTable, formatVerdicts } from './report.ts';
import { cpuPerRequest, type Measurement } from './measurement.ts';
import { type Round, strangersShare, summarize } from './summary.ts';
import { startIssuer } from './tokens.ts';
import { WARM_UP, warmUp } from './warm.ts';

/** Of one measurement, besides its measured time: sockets, settling, ending. */
const OVERHEAD_MS = 3_000;
const START_MS = 60_000;
/** As shells say it: 128 + SIGINT. */
const INTERRUPTED = 130;

async function measureAll(field: Field, { rounds, seconds }: BenchOptions): Promise<Round[]> {
  for (const name of field.names) {
    const warmedMs = await warmUp((windowMs) => field.measure(name, windowMs, 0));
    console.error(`warmed up ${name} for ${(warmedMs / 1_000).toFixed(0)} s`);
  }
  const measured: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    const round = new Map<Field['names'][number], Measurement>();
    for (const name of rotated(field.names, i)) {
      const measurement = await field.measure(name, seconds * 1_000);
      round.set(name, measurement);
      console.error(`round ${i + 1}: ${name} ${cpuPerRequest(measurement).toFixed(1)} µs`);
    }
    measured.push(round);
  }
  return measured;
}

/** Another one begins each round, so that no place in the order is anybody's own. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** @returns whether every budget was kept */
async function bench(options: BenchOptions, processes: Processes, cores: Cores): Promise<boolean> {
  const issuer = await startIssuer();
  const field = await Field.start(options, processes, issuer, cores);
  const rounds = await measureAll(field, options);
  const lines = field.names.map((name) => summarize(name, rounds));
  const verdicts = judge(lines, rounds);
  const noise = formatNoise(strangersShare(rounds, availableParallelism()));
  console.log(`\n${formatSetting(options, cores)} ${noise}\n`);
  console.log(`${formatTable(lines)}\n\n${formatVerdicts(verdicts)}`);
  return verdicts.every(({ isKept }) => isKept !== false);
}

/** Longer than this it cannot take; something hangs. */
function longestMs({ rounds, seconds, only }: BenchOptions): number {
  // A window has sockets to make, too.
  const warmUpMs = 4 * WARM_UP.mostMs;
  return START_MS + only.length * (warmUpMs + rounds * (seconds * 1_000 + OVERHEAD_MS));
}

/** Settles, with an exit code, when the bench is to be given up. */
function untilGivenUp(afterMs: number): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(INTERRUPTED));
    }
    setTimeout(() => {
      console.error('bench: took too long');
      resolve(1);
    }, afterMs);
  });
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const processes = new Processes();
  try {
    return await Promise.race([
      bench(options, processes, chooseCores()).then((isKept) => (isKept || !options.check ? 0 : 1)),
      untilGivenUp(longestMs(options)),
    ]);
  } finally {
    await processes.stop();
  }
}

let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
}
// The issuer, and whatever was under way when it was given up, would keep the process.
process.exit(code);
