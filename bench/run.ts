/**
 * `npm run bench`: CPU time and latency per request of Portico, compared with the alternatives.
 *
 * The subjects of a heat run at the same time and are measured in turn, in rounds, so that a disturbance of the
 * machine affects all of them; ratios are formed within a round. README.md explains how to read it.
 */
import { judge } from './budgets.ts';
import { availableParallelism } from 'node:os';
import { HERE } from './checkout.ts';
import { chooseCores } from '../src/load/cores.ts';
import type { Means } from './field.ts';
import { longestMs, measureGroups } from './measure.ts';
import { parseOptions, type BenchOptions, USAGE } from './options.ts';
import { makeFolder } from './place.ts';
import { build } from './portico.ts';
import { Processes } from './processes.ts';
import { formatGroup, formatNoise, formatSetting, formatVerdicts } from './report.ts';
import { writeResults } from './results.ts';
import { withWhatIsThere } from './skip.ts';
import { type GroupResult, strangersShare } from './summary.ts';
import { startIssuer } from './tokens.ts';

/** As shells say it: 128 + SIGINT. */
const INTERRUPTED = 130;

/** @returns whether every budget was kept */
async function bench(options: BenchOptions, means: Means): Promise<boolean> {
  const setting = formatSetting(options, means.cores);
  const groups = await measureGroups(means, (group) => {
    // At once: what is measured is kept, whatever happens to the groups that follow.
    if (options.write) write(group, options, setting);
  });
  console.log(`\n${setting} ${noiseOf(groups)}\n\n${groups.map(formatGroup).join('\n\n')}`);
  // Budgets are of full load.
  if (options.rate !== undefined) return true;
  const verdicts = judge(groups);
  console.log(`\n${formatVerdicts(verdicts)}`);
  return verdicts.every(({ isKept }) => isKept !== false);
}

function write(group: GroupResult, options: BenchOptions, setting: string): void {
  const files = writeResults(group, {
    options,
    date: new Date(),
    setting,
    noise: noiseOf([group]),
  });
  console.error(`written: ${files.join(', ') || 'nothing, because no whole group ran'}`);
}

function noiseOf(groups: readonly GroupResult[]): string {
  const rounds = groups.flatMap(({ heats }) => heats.flatMap((heat) => heat.rounds));
  return formatNoise(strangersShare(rounds, availableParallelism()));
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
  const parsed = parseOptions(args);
  if (parsed === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { options, skipped } = withWhatIsThere(parsed);
  for (const line of skipped) console.error(line);
  if (!options.fromSources) build(HERE);
  const processes = new Processes();
  const folder = makeFolder();
  try {
    const issuer = await startIssuer();
    const means = { options, processes, issuer, cores: chooseCores(), folder: folder.path };
    return await Promise.race([
      bench(options, means).then((isKept) => (isKept || !options.check ? 0 : 1)),
      untilGivenUp(longestMs(options)),
    ]);
  } finally {
    await processes.stop();
    folder.remove();
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
