/**
 * Load at a fixed rate, whatever the answers do: each request has its planned moment, and its latency begins
 * there, so that a stall is seen by every request that would have been sent meanwhile (no coordinated omission).
 *
 * Sent by undici, at most one request a connection at once. Timers tick each millisecond, so the requests of one
 * millisecond go out together. autocannon's `overallRate` would send those of a whole second together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { treeBytes } from './tree.ts';
import type { LoadOrder, Measurement } from './measurement.ts';
import { bodyOf, fieldsOf } from './request.ts';
import { Tally } from './tally.ts';
import { usageOf } from './usage.ts';

const TICK_MS = 1;

export async function byPace(order: LoadOrder): Promise<Measurement> {
  const pace = new Pace(order);
  pace.start();
  try {
    await sleep(order.settleMs);
    const measured = pace.countAnew();
    const usage = await usageOf(order, () => sleep(order.measureMs));
    pace.countAnew();
    return {
      ...usage,
      ...measured.answers,
      ...measured.latency,
      residentBytes: treeBytes(order.pid),
    };
  } finally {
    await pace.stop();
  }
}

class Pace {
  readonly #order: LoadOrder;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #body: Buffer | null;
  #tally = new Tally();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;

  constructor(order: LoadOrder) {
    const { origin, pathname } = new URL(order.url);
    this.#order = order;
    this.#path = pathname;
    this.#body = bodyOf(order) ?? null;
    this.#pool = new Pool(origin, {
      connections: order.connections,
      pipelining: 1,
      connect: { rejectUnauthorized: false },
    });
  }

  start(): void {
    const begunMs = performance.now();
    const everyMs = 1_000 / this.#order.rate;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - begunMs) / everyMs);
      while (this.#sent < due) this.#send(begunMs + ++this.#sent * everyMs);
    }, TICK_MS);
  }

  countAnew(): Tally {
    return (this.#tally = new Tally());
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pool.destroy();
  }

  #send(plannedMs: number): void {
    const { method } = this.#order;
    const headers = fieldsOf(this.#order, this.#sent);
    this.#pool.dispatch(
      { path: this.#path, method, headers, body: this.#body },
      this.#answer(plannedMs),
    );
  }

  #answer(plannedMs: number): Dispatcher.DispatchHandler {
    let status = 0;
    return {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, code) => void (status = code),
      onResponseData: () => undefined,
      onResponseEnd: () => this.#tally.count(status, performance.now() - plannedMs),
      onResponseError: () => void (this.#tally.errors += 1),
    };
  }
}
