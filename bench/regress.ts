/**
 * `bench/regress REV`: does this checkout cost more CPU time per request than REV?
 *
 * A process differs by a tenth from start to start, so a single run proves nothing. Each pair is a
 * fresh process of each checkout, measured in turn under the same load; what counts is the
 * median of the pairs' ratios, with its interval. README.md explains how to read it.
 */
import { type Checkout, checkOut, HERE } from './checkout.ts';
import { type Bench, findComparable } from './compare/gateways.ts';
import { parseOptions, type RegressOptions, USAGE } from './compare/options.ts';
import { measurePair, type Pair } from './compare/pairs.ts';
import { formatRowVerdicts, isWorse, judge } from './compare/verdicts.ts';
import { chooseCores } from '../src/load/cores.ts';
import { LoadProcess } from './load/load-process.ts';
import { LOAD_COMMAND, makeFolder, UPSTREAM_COMMAND } from './place.ts';
import { build } from './portico.ts';
import { Processes } from './processes.ts';
import { startIssuer } from './tokens.ts';

const CONNECTIONS = 64;

async function startBench(
  options: RegressOptions,
  processes: Processes,
  folder: string,
): Promise<Bench> {
  const cores = chooseCores();
  const issuer = await startIssuer();
  const rest = { processes, cores: cores.rest };
  const upstream = await processes.serve({ ...rest, name: 'upstream', command: UPSTREAM_COMMAND });
  const load = new LoadProcess(processes.start({ ...rest, name: 'load', command: LOAD_COMMAND }));
  const tokens = issuer.tokens(CONNECTIONS);
  return { options, processes, cores, issuer, tokens, load, upstream, folder };
}

/** @returns whether no row has become worse */
async function regress(bench: Bench, old: Checkout): Promise<boolean> {
  const { options } = bench;
  const comparable = await findComparable(bench, old.folder, (line) => console.error(line));
  const names = comparable.flatMap(({ rows }) => rows.map(({ name }) => name));
  if (names.length === 0) throw new Error(`${options.revision} knows none of the rows`);
  const pairs: Pair[] = [];
  for (let i = 0; i < options.pairs; i++) {
    const pair = await measurePair(bench, comparable, old.folder, i % 2 === 0);
    pairs.push(pair);
    const ratios = names.map((name) => (pair.now.get(name)! / pair.before.get(name)!).toFixed(3));
    console.error(`pair ${i + 1} of ${options.pairs}: ${ratios.join('  ')}`);
  }
  const verdicts = names.map((name) => judge(name, pairs));
  console.log(`\n${formatRowVerdicts(verdicts, old.revision)}`);
  return !verdicts.some(isWorse);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const processes = new Processes();
  const folder = makeFolder();
  const old = checkOut(options.revision);
  try {
    if (!options.fromSources) for (const checkout of [HERE, old.folder]) build(checkout);
    return await Promise.race([
      startBench(options, processes, folder.path)
        .then((bench) => regress(bench, old))
        .then((isKept) => (isKept ? 0 : 1)),
      untilInterrupted(),
    ]);
  } finally {
    await processes.stop();
    old.remove();
    folder.remove();
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
