/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { type Contestant, CONTESTANTS } from './contestants.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** Of each contestant in each round. */
  readonly seconds: number;
  readonly connections: number;
  readonly only: readonly Contestant[];
  /** A missed budget is exit code 1. */
  readonly check: boolean;
  /** Where CPU profiles go; absent: none are made. */
  readonly profileDir: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --rounds <n>        rounds; each measures every contestant once (5)
  --seconds <s>       measured time of a contestant in a round (5)
  --connections <n>   client connections, each a consumer of its own (64)
  --only <a,b>        of ${CONTESTANTS.join(', ')}
  --check             exit 1 when a budget is missed
  --profile <dir>     write a CPU profile of each contestant; figures are then worth nothing
  --help`;

/**
 * @returns `undefined` where only help was asked for
 * @throws {TypeError | RangeError} saying what is wrong with an argument
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string', default: CONTESTANTS.join(',') },
      check: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rounds: wholeNumber('--rounds', values.rounds, 100),
    seconds: wholeNumber('--seconds', values.seconds, 600),
    // The bulkheads of configs/ admit 128.
    connections: wholeNumber('--connections', values.connections, 128),
    only: contestants(values.only),
    check: values.check,
    profileDir: values.profile,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`${name} is a whole number from 1 to ${most}, not "${text}"`);
}

function contestants(text: string): Contestant[] {
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !CONTESTANTS.some((known) => known === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `--only: no contestant "${unknown.join('", "')}" (known: ${CONTESTANTS.join(', ')})`,
    );
  }
  return CONTESTANTS.filter((name) => wanted.includes(name));
}
