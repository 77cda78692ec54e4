/**
 * Makes the load, as a process of its own: connections that each send a request, wait for its answer and send
 * the next. What they see is counted here, at the same moments at which the gateway's CPU time is read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from './latencies.ts';
import type { LoadMeasurement, LoadNews, LoadOrder, LoadTalk } from './load-order.ts';
import { answerOrder } from './orders.ts';
import { LONGEST_WARM_UP_MS, WarmUp, WINDOW_MS } from './warm-up.ts';
import { Watched } from './watched.ts';

/** A request without an answer for so long is an error. */
const TIMEOUT_S = 10;
/** A net: the run is stopped before. */
const LONGEST_S = 1_000_000;

type Tell = (news: LoadNews) => void;

class Tally {
  readonly latencies = new Latencies();
  readonly statuses: Record<string, number> = {};
  readonly errors: Record<string, number> = {};
  requests = 0;

  answered(status: number, ms: number): void {
    this.requests += 1;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.latencies.record(ms);
  }

  failed({ code = 'timeout' }: NodeJS.ErrnoException): void {
    this.errors[code] = (this.errors[code] ?? 0) + 1;
  }
}

/** A run of autocannon that counts into one tally after the other. */
class Load {
  tally = new Tally();
  readonly #stop: () => Promise<void>;

  constructor(stop: () => Promise<void>) {
    this.#stop = stop;
  }

  static async start({ request, connections }: LoadOrder): Promise<Load> {
    const { default: autocannon } = await import('autocannon');
    const { origin, method, path, headers, body } = request;
    const run = autocannon({
      url: origin,
      connections,
      requests: [
        {
          method,
          path,
          headers,
          ...(body === undefined ? {} : { body: Buffer.from(body, 'base64') }),
        },
      ],
      duration: LONGEST_S,
      timeout: TIMEOUT_S,
      sampleInt: 100,
    });
    const load = new Load(async () => {
      run.stop();
      await run;
    });
    run.on('response', (_client, status, _bytes, ms) => load.tally.answered(status, ms));
    run.on('reqError', (error) => load.tally.failed(error));
    return load;
  }

  /** What was counted meanwhile. */
  async during(work: () => Promise<unknown>): Promise<Tally> {
    const tally = (this.tally = new Tally());
    await work();
    this.tally = new Tally();
    return tally;
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** @returns whether the rate is steady; `undefined` after a warm-up of a given length */
async function warmUp(load: Load, lengthMs: number | undefined, tell: Tell) {
  if (lengthMs !== undefined) {
    await sleep(lengthMs);
    return undefined;
  }
  const rate = new WarmUp();
  const begunAt = performance.now();
  for (let elapsedMs = 0; elapsedMs < LONGEST_WARM_UP_MS && !rate.isSteady;) {
    const windowAt = performance.now();
    const { requests } = await load.during(() => sleep(WINDOW_MS));
    const perSecond = requests / ((performance.now() - windowAt) / 1_000);
    rate.add(perSecond);
    elapsedMs = performance.now() - begunAt;
    tell({ kind: 'warming', seconds: elapsedMs / 1_000, perSecond });
  }
  return rate.isSteady;
}

async function measure(order: LoadOrder, tell: Tell): Promise<LoadMeasurement> {
  const watched = await Watched.begin(order);
  const load = await Load.start(order);
  const begunAt = performance.now();
  const isSteady = await warmUp(load, order.warmUpMs, tell);
  const warmedUpMs = performance.now() - begunAt;
  tell({ kind: 'measuring', isSteady: isSteady !== false, warmedUpMs });
  let tally = load.tally;
  let elapsedMs = 0;
  const usage = await watched.during(async () => {
    const measuredAt = performance.now();
    tally = await load.during(() => sleep(order.measureMs));
    elapsedMs = performance.now() - measuredAt;
  });
  watched.end();
  await load.stop();
  const { requests, statuses, errors, latencies } = tally;
  return {
    warmedUpMs,
    ...(isSteady === undefined ? {} : { isSteady }),
    elapsedMs,
    requests,
    statuses,
    errors,
    latencyMs: latencies.summary(),
    ...usage,
  };
}

answerOrder<LoadTalk>(measure);
