/** One pair: a fresh process of each checkout, measured in turn. */
import { truncateSync } from 'node:fs';
import { HERE } from '../checkout.ts';
import { cpuPerRequest, type Measurement } from '../load/measurement.ts';
import type { RunningSubject } from '../server.ts';
import { median } from '../summary.ts';
import { verify } from '../verify.ts';
import { warmUp } from '../warm.ts';
import { type Bench, type Comparable, startGateway } from './gateways.ts';
import type { Row } from './rows.ts';

/** CPU time per request in µs of the rows, by name. */
export type Costs = ReadonlyMap<string, number>;
export interface Pair {
  readonly before: Costs;
  readonly now: Costs;
}

/** Load before each measured interval. */
const SETTLE_MS = 300;

/** Rows that share a config share the processes. */
export async function measurePair(
  bench: Bench,
  comparable: readonly Comparable[],
  before: string,
  isFirst: boolean,
): Promise<Pair> {
  const costs = { before: new Map<string, number>(), now: new Map<string, number>() };
  for (const { config, rows, fileBefore, fileNow } of comparable) {
    const start = { before: [before, config, fileBefore], now: [HERE, config, fileNow] } as const;
    const order = isFirst ? (['before', 'now'] as const) : (['now', 'before'] as const);
    const one = await startGateway(bench, ...start[order[0]]);
    const two = await startGateway(bench, ...start[order[1]]);
    for (const row of rows) await prepare(bench, row, [one, two]);
    for (const row of rows) {
      const [costOfOne, costOfTwo] = await compareRow(bench, row, one, two);
      costs[order[0]].set(row.name, costOfOne);
      costs[order[1]].set(row.name, costOfTwo);
    }
    await bench.processes.stopOnly([one.pid, two.pid]);
  }
  return costs;
}

async function prepare(bench: Bench, row: Row, gateways: readonly RunningSubject[]): Promise<void> {
  for (const gateway of gateways) {
    await verify(row, gateway, bench.tokens[0]!);
    await warmUp((windowMs) => measure(bench, gateway, row, windowMs, 0));
  }
}

/** This, that, that, this. */
async function compareRow(
  bench: Bench,
  row: Row,
  one: RunningSubject,
  two: RunningSubject,
): Promise<readonly [number, number]> {
  const measured: readonly [number[], number[]] = [[], []];
  for (const which of [0, 1, 1, 0] as const) {
    const gateway = which === 0 ? one : two;
    const measurement = await measure(bench, gateway, row, bench.options.measureMs, SETTLE_MS);
    if (measurement.requests === 0) throw new Error(`${row.name}: nothing was answered`);
    measured[which].push(cpuPerRequest(measurement));
  }
  return [median(measured[0]), median(measured[1])];
}

/** @throws {Error} when a request goes wrong */
async function measure(
  { load, upstream, tokens }: Bench,
  { url, pid, logFile }: RunningSubject,
  { name, job }: Row,
  measureMs: number,
  settleMs: number,
): Promise<Measurement> {
  const { path, method, headers, bodyBytes } = job;
  const measurement = await load.measure({
    tool: 'autocannon',
    url: url + path,
    pid,
    upstreamPid: upstream.pid,
    connections: tokens.length,
    tokens,
    method,
    headers,
    bodyBytes,
    rate: 0,
    settleMs,
    measureMs,
  });
  // It grows by megabytes a second.
  if (logFile !== undefined) truncateSync(logFile);
  const bad = measurement.non2xx + measurement.errors;
  if (bad > 0) throw new Error(`${name}: ${bad} requests went wrong; its figures say nothing`);
  return measurement;
}
