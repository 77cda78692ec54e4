/** The command line of bench/regress. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../options.ts';
import { CORE, type Row, ROWS } from './rows.ts';

export interface RegressOptions {
  readonly revision: string;
  readonly pairs: number;
  readonly measureMs: number;
  readonly rows: readonly Row[];
  /** Both from their sources rather than from `dist`. */
  readonly fromSources: boolean;
}

/** The lower end of a row's interval may be this much. */
export const MOST = 1.03;

const namesOf = (rows: readonly Row[]): string => rows.map(({ name }) => `"${name}"`).join(', ');

export const USAGE = `bench/regress REV [options]

Compares the CPU time per request of this checkout, as it is, with that of REV.
Exit code 1 where a row costs over 3 % more for sure: the lower end of its interval is over ${MOST}.

  --pairs <n>         pairs of fresh processes (20)
  --milliseconds <n>  of one measurement; each row has four a pair (1000)
  --only <a,b>        core, all, or rows (core): bare,"upload of 10 KiB"
                      core is ${namesOf(CORE)};
                      all has also ${namesOf(ROWS.filter((row) => !CORE.includes(row)))}
  --sources           both from their sources; otherwise from dist, which is built first
  --help`;

/**
 * @returns `undefined` where only help was asked for
 * @throws {TypeError | RangeError} saying what is wrong with an argument
 */
export function parseOptions(args: readonly string[]): RegressOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      pairs: { type: 'string', default: '20' },
      milliseconds: { type: 'string', default: '1000' },
      only: { type: 'string', default: 'core' },
      sources: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [revision, ...rest] = positionals;
  if (revision === undefined || rest.length > 0) throw new TypeError('one revision is wanted');
  return {
    revision,
    pairs: wholeNumber('--pairs', values.pairs, 1_000),
    measureMs: wholeNumber('--milliseconds', values.milliseconds, 60_000),
    rows: chosen(values.only.split(',').map(bareWord)),
    fromSources: values.sources,
  };
}

const bareWord = (text: string): string => text.trim().replaceAll('"', '');

function chosen(words: readonly string[]): Row[] {
  const unknown = words.find(
    (word) => word !== 'core' && word !== 'all' && !ROWS.some(({ name }) => name === word),
  );
  if (unknown !== undefined) {
    throw new RangeError(`--only: no row "${unknown}" (known: core, all, ${namesOf(ROWS)})`);
  }
  return ROWS.filter(
    (row) =>
      words.includes('all') ||
      (words.includes('core') && CORE.includes(row)) ||
      words.includes(row.name),
  );
}
