import { expect, test } from 'vitest';
import type { ThreadEngine } from '../../src/engine/thread-engine.ts';
import { operationId } from '../../src/operations/ids.ts';
import { bound, size } from '../helpers/figures.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { quantile, report } from '../chaos/measure.ts';
import {
  type Crash,
  endedIn,
  engineOf,
  everyNth,
  expectRight,
  orderOf,
  type Ran,
  Services,
  throughLanes,
  until,
} from './dying.ts';

/** One engine, and one operation after another that it dies in; it comes back by itself. */
class Same {
  readonly #services = new Map<string, Services>();
  readonly #engine: ThreadEngine;
  #count = 0;
  #deaths = 0;

  constructor(url: string, lane: number) {
    this.#engine = engineOf({
      url,
      lane,
      node: `lane-${lane}`,
      perform: (order) => this.#services.get(order.operation)!.perform(order),
      onEvent: ({ event }) => {
        if (event === 'down') this.#deaths += 1;
      },
      retryMs: 10,
    });
  }

  async run({ course, point }: Crash): Promise<Ran> {
    const id = operationId('same', `${this.#count++}`, point);
    const services = new Services(course.answer);
    this.#services.set(id, services);
    await until(() => this.#engine.isUp);
    this.#engine.failAt(point);
    // Whoever gets no answer asks again with the same key.
    const start = async (): Promise<void> => {
      await until(() => this.#engine.isUp);
      await this.#engine.start(orderOf(id)).catch(start);
    };
    await start();
    const detail = await endedIn(this.#engine, id);
    // It may end before the last crash.
    await until(() => this.#deaths === this.#count && this.#engine.isUp);
    return { services, detail };
  }

  close(): Promise<void> {
    return this.#engine.close(0);
  }
}

/** An engine that stays, beside one that dies in each operation and never comes back. */
class Other {
  readonly #services = new Map<string, Services>();
  readonly #stays: ThreadEngine;
  readonly #url: string;
  readonly #lane: number;
  #count = 0;
  #died = 0;
  /** Of each: from the death to the first call of the other one. */
  readonly takeoversMs: number[] = [];

  constructor(url: string, lane: number) {
    this.#url = url;
    this.#lane = lane;
    this.#stays = engineOf({
      url,
      lane,
      ...LEASE,
      perform: (order) => {
        if (this.#died > 0) this.takeoversMs.push(performance.now() - this.#died);
        this.#died = 0;
        return this.#services.get(order.operation)!.perform(order);
      },
      onEvent: () => undefined,
    });
  }

  async run({ course, point }: Crash): Promise<Ran> {
    const id = operationId('other', `${this.#count++}`, point);
    const services = new Services(course.answer);
    this.#services.set(id, services);
    await until(() => this.#stays.isUp);
    const dead = Promise.withResolvers<void>();
    const dying = engineOf({
      url: this.#url,
      lane: this.#lane,
      ...LEASE,
      perform: (order) => services.perform(order),
      onEvent: ({ event }) => {
        if (event !== 'down') return;
        this.#died = performance.now();
        dead.resolve();
      },
      retryMs: 2 ** 30,
      faults: [point],
    });
    await until(() => dying.isUp);
    await dying.start(orderOf(id)).catch(() => this.#stays.start(orderOf(id)));
    await dead.promise;
    const detail = await endedIn(this.#stays, id);
    this.#died = 0;
    await dying.close(0);
    return { services, detail };
  }

  close(): Promise<void> {
    return this.#stays.close(0);
  }
}

/** As they are by default for the figures, and shorter for the patience of everybody else. */
const LEASE = { heartbeatMs: bound(3_000, 200), deadMs: bound(15_000, 1_000) };

describePostgres('an operation whose engine dies anywhere', () => {
  const postgres = ownPostgres();

  test('ends as it would have, each effect once, when the engine is back', async () => {
    const lanes = Array.from({ length: 4 }, (_, i) => new Same(postgres.url(), i));
    const crashes = everyNth(size('CRASH_SAME_NTH', 3, 1));
    try {
      await throughLanes(lanes, crashes, expectRight);
    } finally {
      await Promise.all(lanes.map((lane) => lane.close()));
    }
    report('kills, same node', { kills: crashes.length });
  }, 600_000);

  test('ends so on another one', async () => {
    const lanes = Array.from(
      { length: size('CRASH_LANES', 3, 6) },
      (_, i) => new Other(postgres.url(), 10 + i),
    );
    const crashes = everyNth(size('CRASH_OTHER_NTH', 7, 1));
    try {
      await throughLanes(lanes, crashes, expectRight);
    } finally {
      await Promise.all(lanes.map((lane) => lane.close()));
    }
    const takeoversMs = lanes.flatMap((lane) => lane.takeoversMs);
    const slowestMs = Math.max(...takeoversMs);
    report('kills, other node', {
      kills: crashes.length,
      medianMs: quantile(takeoversMs, 0.5),
      slowestMs,
    });
    expect(slowestMs).toBeLessThan(bound(20_000, 60_000));
  }, 900_000);
});
