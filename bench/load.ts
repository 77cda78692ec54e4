/**
 * The process that makes the load. It measures one contestant per message.
 *
 * CPU time and requests are read at the same moments, here, so that the figure includes neither the start
 * nor the end of the load.
 */
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { cpuTimeNs, machineBusyMs, residentBytes } from '../src/load/cpu-time.ts';
import type { LoadOrder, Measurement } from './measurement.ts';

class Tally {
  readonly latencyUs = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  requests = 0;
  non2xx = 0;
  errors = 0;

  count(status: number, latencyMs: number): void {
    this.requests += 1;
    if (status < 200 || status > 299) this.non2xx += 1;
    this.latencyUs.record(Math.max(1, Math.round(latencyMs * 1_000)));
  }
}

async function measure(order: LoadOrder): Promise<Measurement> {
  const { settleMs, measureMs, pid } = order;
  const readStrangers = (): number =>
    machineBusyMs() - ownMs([pid, order.upstreamPid, process.pid]);
  let tally = new Tally();
  const run = startLoad(order);
  run.on('response', (_client, status, _bytes, latencyMs) => tally.count(status, latencyMs));
  run.on('reqError', () => (tally.errors += 1));

  await sleep(settleMs);
  const measured = (tally = new Tally());
  const begunAt = performance.now();
  const strangersAtFirstMs = readStrangers();
  const begunNs = cpuTimeNs(pid);
  await sleep(measureMs);
  const cpuNs = cpuTimeNs(pid) - begunNs;
  const elapsedMs = performance.now() - begunAt;
  const strangersMs = readStrangers() - strangersAtFirstMs;
  tally = new Tally();

  run.stop();
  await run;
  const { requests, non2xx, errors, latencyUs } = measured;
  if (requests === 0) throw new Error(`${order.url} answered nothing`);
  return {
    requests,
    elapsedMs,
    cpuNs,
    p50Ms: latencyUs.percentile(50) / 1_000,
    p99Ms: latencyUs.percentile(99) / 1_000,
    non2xx,
    errors,
    strangersMs,
    residentBytes: residentBytes(pid),
  };
}

const ownMs = (pids: readonly number[]): number =>
  pids.reduce((total, pid) => total + cpuTimeNs(pid) / 1e6, 0);

function startLoad(order: LoadOrder) {
  const { url, connections, tokens, method, bodyBytes, settleMs, measureMs } = order;
  let clients = 0;
  return autocannon({
    url,
    connections,
    method,
    ...(bodyBytes > 0 ? { body: Buffer.alloc(bodyBytes, 'x') } : {}),
    // A net: the run is stopped before.
    duration: Math.ceil((settleMs + measureMs) / 1_000) + 5,
    sampleInt: 100,
    setupClient(client) {
      const token = tokens[clients++ % tokens.length]!;
      client.setHeaders({ accept: 'application/json', authorization: `Bearer ${token}` });
    },
  });
}

// The preload has let go of the channel, which is all this process lives for.
process.channel?.ref();
process.on('message', (order: LoadOrder) => {
  // A failure ends this process, which the bench notices.
  void measure(order).then((measurement) => process.send?.(measurement));
});
