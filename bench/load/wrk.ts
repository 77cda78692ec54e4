/**
 * Load by wrk: one thread, and each connection sends its next request once the last one is answered.
 *
 * wrk tells its counts at its end only, so the CPU time is that of the whole run, with the opening of the connections.
 * A request takes the next token, where autocannon gives each connection its own.
 */
import { fileURLToPath } from 'node:url';
import { runChild } from './child.ts';
import { treeBytes } from './tree.ts';
import type { Answers, Latency, LoadOrder, Measurement } from './measurement.ts';
import { usageOf } from './usage.ts';

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
/** Requests are made before the run, one for each token: with long bodies, one is enough. */
const LONG_BYTES = 65_536;

export async function byWrk(order: LoadOrder): Promise<Measurement> {
  const { url, connections, measureMs } = order;
  // It counts in whole seconds.
  const seconds = Math.max(1, Math.round(measureMs / 1_000));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url];
  let output = '';
  const usage = await usageOf(order, async () => {
    output = await runChild('wrk', args, { WRK_ORDER: orderText(order) });
  });
  return { ...usage, ...parseReport(output), residentBytes: treeBytes(order.pid) };
}

function orderText({ method, bodyBytes, headers, tokens }: LoadOrder): string {
  const fields = Object.entries(headers);
  const taken = bodyBytes > LONG_BYTES ? tokens.slice(0, 1) : tokens;
  return [method, bodyBytes, fields.length, ...fields.flat(), ...taken].join('\n');
}

/** wrk's own report comes first; the line of wrk.lua is the last. */
function parseReport(output: string): Answers & Latency {
  const { requests, non2xx, errors, meanMs, p50Ms, p99Ms } = JSON.parse(
    output.trim().split('\n').at(-1)!,
  ) as Answers & Latency;
  return { requests, non2xx, errors, meanMs, p50Ms, p99Ms };
}
