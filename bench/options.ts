/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { choose, type Group, GROUP_NAMES, SUBJECT_NAMES } from './subjects/index.ts';
import { type Limits, WARM_UP } from './warm.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** How often the subjects of a group are started; each start has all its rounds. */
  readonly starts: number;
  /** Of each subject in each round. */
  readonly seconds: number;
  readonly connections: number;
  readonly groups: readonly Group[];
  readonly load: 'autocannon' | 'wrk';
  readonly warmUp: Limits;
  /** Whether each subject is also measured at half the rate that it can do. */
  readonly half: boolean;
  /** Requests a second, the same for each subject; `undefined`: as many as each can do. */
  readonly rate: number | undefined;
  /** Whether the results are kept in `results/`. */
  readonly write: boolean;
  /** A missed budget is exit code 1. */
  readonly check: boolean;
  /** Portico from its sources rather than from `dist`. */
  readonly fromSources: boolean;
  /** Where CPU profiles go; absent: none are made. */
  readonly profileDir: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --only <a,b>        groups: all, ${GROUP_NAMES.join(', ')} (core);
                      or subjects, which run together:
${columns(SUBJECT_NAMES)}
  --rounds <n>        rounds; each measures every subject of a group once (5)
  --starts <n>        starts of each group, each with all rounds: processes of one program differ (1)
  --seconds <s>       measured time of a subject in a round (5)
  --connections <n>   client connections, each a consumer of its own (64)
  --warm-up <s>       longest warm-up of a subject; it ends when the cost no longer falls (20)
  --half              measure each subject also at half the rate that it can do
  --rate <n>          requests a second, the same for each subject, in the place of as many as it can do
  --load <tool>       autocannon or wrk; HTTP/2 is always h2load's (autocannon)
  --sources           Portico from its sources; otherwise from dist, which is built first
  --write             keep tables and plots in bench/results and README.md
  --check             exit 1 when a budget is missed
  --profile <dir>     write a CPU profile of each subject; figures are then worth nothing
  --help`;

/**
 * @returns `undefined` where only help was asked for
 * @throws {TypeError | RangeError} saying what is wrong with an argument
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: 'core' },
      rounds: { type: 'string', default: '5' },
      starts: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '64' },
      'warm-up': { type: 'string', default: String(WARM_UP.mostMs / 1_000) },
      half: { type: 'boolean', default: false },
      rate: { type: 'string' },
      load: { type: 'string', default: 'autocannon' },
      sources: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.write && values.profile !== undefined) {
    throw new RangeError(
      '--write keeps figures, and those of --profile are worth nothing: one of them',
    );
  }
  if (values.rate !== undefined && (values.write || values.check || values.half)) {
    throw new RangeError(
      '--rate tells what an idle gateway costs; --write, --check and --half are of full load',
    );
  }
  const mostMs = 1_000 * wholeNumber('--warm-up', values['warm-up'], 600);
  return {
    groups: choose(wordsOf(values.only)),
    rounds: wholeNumber('--rounds', values.rounds, 100),
    starts: wholeNumber('--starts', values.starts, 100),
    seconds: wholeNumber('--seconds', values.seconds, 600),
    // The bulkheads of configs/ admit 128.
    connections: wholeNumber('--connections', values.connections, 128),
    warmUp: { leastMs: Math.min(WARM_UP.leastMs, mostMs), mostMs },
    half: values.half,
    rate: values.rate === undefined ? undefined : wholeNumber('--rate', values.rate, 100_000),
    load: toolOf(values.load),
    fromSources: values.sources,
    write: values.write,
    check: values.check,
    profileDir: values.profile,
  };
}

const wordsOf = (text: string): string[] => text.split(',').map((word) => word.trim());

/** @throws {RangeError} naming the option and what it takes */
export function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`${name} is a whole number from 1 to ${most}, not "${text}"`);
}

function toolOf(text: string): 'autocannon' | 'wrk' {
  if (text === 'autocannon' || text === 'wrk') return text;
  throw new RangeError(`--load is autocannon or wrk, not "${text}"`);
}

/** Names in lines, indented as the help is. */
function columns(names: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < names.length; i += 4) lines.push(names.slice(i, i + 4).join(', '));
  return lines.map((line) => `${' '.repeat(22)}${line}`).join(',\n');
}
