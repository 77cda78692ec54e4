/**
 * `bench/regress REV`: does this checkout cost more CPU time per request than REV?
 *
 * A process differs by a tenth from start to start, so a single run proves nothing. Each pair is a
 * fresh process of each checkout, measured in turn under the same load; what counts is the
 * median of the pairs' ratios, with its interval. README.md explains how to read it.
 */
import { parseArgs } from 'node:util';
import { type Interval, medianInterval } from './bootstrap.ts';
import { type Checkout, checkOut, HERE } from './checkout.ts';
import { type Cores, chooseCores } from '../src/load/cores.ts';
import { LOAD_COMMAND, UPSTREAM_COMMAND } from './contestants.ts';
import { LoadProcess } from './load-process.ts';
import { cpuPerRequest, type Measurement } from './measurement.ts';
import { Processes } from './processes.ts';
import { formatRows } from './report.ts';
import { type Row, ROWS, verifyRow } from './rows.ts';
import { median } from './summary.ts';
import { type Issuer, startIssuer } from './tokens.ts';
import { warmUp } from './warm.ts';

const USAGE = `bench/regress REV [options]

Compares the CPU time per request of this checkout, as it is, with that of REV.
Exit code 1 where a row costs over 3 % more for sure: the lower end of its interval is over 1.03.

  --pairs <n>         pairs of fresh processes (20)
  --milliseconds <n>  of one measurement; each row has four a pair (1000)
  --only <a,b>        of ${ROWS.map(({ name }) => name).join(', ')}
  --help`;

/** The lower end of a row's interval may be this much. */
const MOST = 1.03;
const CONNECTIONS = 64;
/** Load before each measured interval. */
const SETTLE_MS = 300;
const CONFIG = `${HERE}bench/configs/regress.yaml`;

interface Options {
  readonly revision: string;
  readonly pairs: number;
  readonly measureMs: number;
  readonly rows: readonly Row[];
}

/** CPU time per request in µs of the rows, by name. */
type Costs = ReadonlyMap<string, number>;
interface Pair {
  readonly before: Costs;
  readonly now: Costs;
}

interface Bench {
  readonly options: Options;
  readonly processes: Processes;
  readonly cores: Cores;
  readonly issuer: Issuer;
  readonly tokens: readonly string[];
  readonly load: LoadProcess;
  readonly upstream: { readonly url: string; readonly pid: number };
}

function parse(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      pairs: { type: 'string', default: '20' },
      milliseconds: { type: 'string', default: '1000' },
      only: { type: 'string', default: ROWS.map(({ name }) => name).join(',') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [revision, ...rest] = positionals;
  if (revision === undefined || rest.length > 0) throw new TypeError('one revision is wanted');
  return {
    revision,
    pairs: wholeNumber('--pairs', values.pairs),
    measureMs: wholeNumber('--milliseconds', values.milliseconds),
    rows: chosen(values.only.split(',').map((name) => name.trim())),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is a whole number from 1 up, not "${text}"`);
}

function chosen(names: readonly string[]): Row[] {
  const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) {
    const known = ROWS.map(({ name }) => name).join(', ');
    throw new RangeError(`--only: no row "${unknown}" (known: ${known})`);
  }
  return ROWS.filter(({ name }) => names.includes(name));
}

interface RunningGateway {
  readonly url: string;
  readonly pid: number;
}

async function startGateway(bench: Bench, folder: string): Promise<RunningGateway> {
  const { processes, cores, upstream, issuer, tokens, options } = bench;
  const gateway = await processes.serve({
    name: folder,
    command: [`${folder}/src/main.ts`, 'start', '--config', CONFIG],
    cores: cores.gateway,
    env: { UPSTREAM: upstream.url, ISSUER: issuer.url },
  });
  for (const row of options.rows) await verifyRow(row, gateway.url, tokens[0]!);
  return gateway;
}

/** @throws {Error} when a request goes wrong */
async function measure(
  bench: Bench,
  gateway: RunningGateway,
  row: Row,
  measureMs: number,
  settleMs = SETTLE_MS,
): Promise<Measurement> {
  const { load, upstream, tokens } = bench;
  const measurement = await load.measure({
    url: gateway.url + row.path,
    pid: gateway.pid,
    upstreamPid: upstream.pid,
    connections: CONNECTIONS,
    tokens,
    method: row.method,
    bodyBytes: row.bodyBytes,
    settleMs,
    measureMs,
  });
  const bad = measurement.non2xx + measurement.errors;
  if (bad > 0) throw new Error(`${row.name}: ${bad} requests went wrong; its figures say nothing`);
  return measurement;
}

/** One fresh process of each, measured in turn: this, that, that, this. */
async function measurePair(bench: Bench, before: string, isFirst: boolean): Promise<Pair> {
  const { processes, options } = bench;
  const folders = isFirst ? [before, HERE] : [HERE, before];
  const [one, two] = [
    await startGateway(bench, folders[0]!),
    await startGateway(bench, folders[1]!),
  ] as const;
  for (const row of options.rows) {
    for (const gateway of [one, two]) {
      await warmUp((windowMs) => measure(bench, gateway, row, windowMs, 0));
    }
  }
  const costs = [new Map<string, number>(), new Map<string, number>()] as const;
  for (const row of options.rows) {
    const measured: [number[], number[]] = [[], []];
    for (const which of [0, 1, 1, 0] as const) {
      const gateway = which === 0 ? one : two;
      measured[which].push(cpuPerRequest(await measure(bench, gateway, row, options.measureMs)));
    }
    for (const which of [0, 1] as const) costs[which].set(row.name, median(measured[which]));
  }
  await processes.stopOnly([one.pid, two.pid]);
  return isFirst ? { before: costs[0], now: costs[1] } : { before: costs[1], now: costs[0] };
}

interface Verdict {
  readonly row: Row;
  readonly ratios: Interval;
  readonly beforeUs: number;
  readonly nowUs: number;
}

function judge(row: Row, pairs: readonly Pair[]): Verdict {
  const { name } = row;
  return {
    row,
    ratios: medianInterval(pairs.map(({ before, now }) => now.get(name)! / before.get(name)!)),
    beforeUs: median(pairs.map(({ before }) => before.get(name)!)),
    nowUs: median(pairs.map(({ now }) => now.get(name)!)),
  };
}

const isWorse = ({ ratios }: Verdict): boolean => ratios.low > MOST;

function report(verdicts: readonly Verdict[], revision: string): string {
  return formatRows(
    ['row', `${revision} µs`, 'now µs', 'ratio', '95 %', ''],
    verdicts.map((verdict) => [
      verdict.row.name,
      verdict.beforeUs.toFixed(1),
      verdict.nowUs.toFixed(1),
      verdict.ratios.median.toFixed(3),
      `${verdict.ratios.low.toFixed(3)}–${verdict.ratios.high.toFixed(3)}`,
      isWorse(verdict) ? 'FAIL' : 'pass',
    ]),
  );
}

async function regress(options: Options, processes: Processes, old: Checkout): Promise<boolean> {
  const cores = chooseCores();
  const issuer = await startIssuer();
  const rest = { processes, cores: cores.rest };
  const upstream = await processes.serve({ ...rest, name: 'upstream', command: UPSTREAM_COMMAND });
  const load = new LoadProcess(processes.start({ ...rest, name: 'load', command: LOAD_COMMAND }));
  const tokens = issuer.tokens(CONNECTIONS);
  const bench = { options, processes, cores, issuer, tokens, load, upstream };
  const pairs: Pair[] = [];
  for (let i = 0; i < options.pairs; i++) {
    pairs.push(await measurePair(bench, old.folder, i % 2 === 0));
    const ratios = options.rows.map(({ name }) => {
      const { before, now } = pairs.at(-1)!;
      return (now.get(name)! / before.get(name)!).toFixed(3);
    });
    console.error(`pair ${i + 1} of ${options.pairs}: ${ratios.join('  ')}`);
  }
  const verdicts = options.rows.map((row) => judge(row, pairs));
  console.log(`\n${report(verdicts, old.revision)}`);
  return !verdicts.some(isWorse);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const processes = new Processes();
  const old = checkOut(options.revision);
  try {
    return await Promise.race([
      regress(options, processes, old).then((isKept) => (isKept ? 0 : 1)),
      untilInterrupted(),
    ]);
  } finally {
    await processes.stop();
    old.remove();
  }
}

/** As shells say it: 128 + SIGINT. */
const untilInterrupted = (): Promise<number> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(130));
    }
  });

let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  console.error(`regress: ${error instanceof Error ? error.message : String(error)}`);
}
process.exit(code);
