/** Load by autocannon: each connection sends its next request once the last one is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { treeBytes } from './tree.ts';
import type { LoadOrder, Measurement } from './measurement.ts';
import { bodyOf, fieldsOf } from './request.ts';
import { Tally } from './tally.ts';
import { usageOf } from './usage.ts';

/**
 * CPU time and requests are read at the same moments, so that the figure includes neither the start nor the
 * end of the load.
 */
export async function byAutocannon(order: LoadOrder): Promise<Measurement> {
  let tally = new Tally();
  const run = start(order);
  run.on('response', (_client, status, _bytes, latencyMs) => tally.count(status, latencyMs));
  run.on('reqError', () => (tally.errors += 1));

  await sleep(order.settleMs);
  const measured = (tally = new Tally());
  const usage = await usageOf(order, () => sleep(order.measureMs));
  tally = new Tally();

  run.stop();
  await run;
  return {
    ...usage,
    ...measured.answers,
    ...measured.latency,
    residentBytes: treeBytes(order.pid),
  };
}

function start(order: LoadOrder) {
  const { url, connections, method, settleMs, measureMs } = order;
  const body = bodyOf(order);
  let clients = 0;
  return autocannon({
    url,
    connections,
    method,
    ...(body === undefined ? {} : { body }),
    // A net: the run is stopped before.
    duration: Math.ceil((settleMs + measureMs) / 1_000) + 5,
    sampleInt: 100,
    setupClient(client) {
      client.setHeaders(fieldsOf(order, clients++));
    },
  });
}
