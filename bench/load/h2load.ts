/**
 * Load by h2load, for HTTP/2: eight connections, on each as many streams as make up the asked-for number.
 *
 * Its log has the begin and the duration of each request, so that those of the measured interval can be counted.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from './child.ts';
import { treeBytes } from './tree.ts';
import type { LoadOrder, Measurement } from './measurement.ts';
import { fieldsOf } from './request.ts';
import { Tally } from './tally.ts';
import { usageOf } from './usage.ts';

const CONNECTIONS = 8;

export async function byH2load(order: LoadOrder): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-h2load-'));
  try {
    return await measure(order, join(folder, 'log'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(order: LoadOrder, log: string): Promise<Measurement> {
  const ended = runChild('h2load', argumentsOf(order, log));
  // An early failure is told at the end, not as an unhandled one.
  ended.catch(() => undefined);
  await sleep(order.settleMs);
  const fromMs = Date.now();
  const usage = await usageOf(order, () => sleep(order.measureMs));
  const toMs = Date.now();
  await ended;
  const tally = countWithin(await readFile(log, 'utf8'), fromMs, toMs);
  return { ...usage, ...tally.answers, ...tally.latency, residentBytes: treeBytes(order.pid) };
}

function argumentsOf(order: LoadOrder, log: string): string[] {
  const { url, connections, settleMs, measureMs } = order;
  const clients = Math.min(CONNECTIONS, connections);
  const fields = Object.entries(fieldsOf(order, 0));
  return [
    `--clients=${clients}`,
    `--max-concurrent-streams=${Math.max(1, Math.floor(connections / clients))}`,
    `--duration=${Math.ceil((settleMs + measureMs) / 1_000) + 1}`,
    `--log-file=${log}`,
    ...fields.map(([name, value]) => `--header=${name}: ${value}`),
    url,
  ];
}

/** Counts the requests that ended in the interval. A line has: begin in µs since 1970, status, duration in µs. */
export function countWithin(log: string, fromMs: number, toMs: number): Tally {
  const tally = new Tally();
  for (const line of log.split('\n')) {
    if (line === '') continue;
    const [begun = 0, status = 0, lastedUs = 0] = line.split('\t').map(Number);
    const endedMs = (begun + lastedUs) / 1_000;
    if (endedMs < fromMs || endedMs >= toMs) continue;
    // A failed stream has the status -1.
    if (status < 0) tally.errors += 1;
    else tally.count(status, lastedUs / 1_000);
  }
  return tally;
}
