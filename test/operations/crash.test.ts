import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ThreadEngine } from '../../src/engine/thread-engine.ts';
import type { CallOrder, CallResult, OperationDetail } from '../../src/operations/engine.ts';
import { operationId } from '../../src/operations/ids.ts';
import { describePostgres, postgresServer, type PostgresServer } from '../helpers/postgres.ts';
import { FULFILMENT } from './sagas.ts';

/** Services that do each thing once for a key, and keep the order. */
class Services {
  readonly effects: string[] = [];
  calls = 0;
  readonly #known = new Map<string, CallResult>();
  answer: (order: CallOrder, isRepeated: boolean) => CallResult | undefined = () => undefined;

  perform(order: CallOrder): Promise<CallResult> {
    this.calls += 1;
    const known = this.#known.get(order.key);
    const special = this.answer(order, known !== undefined);
    if (special !== undefined && special.outcome === 'refused') return Promise.resolve(special);
    const result: CallResult = special ?? { outcome: 'done', status: 200 };
    if (known === undefined) {
      this.#known.set(order.key, result);
      this.effects.push(`${order.isUndo ? 'undo ' : ''}${order.step}`);
    }
    return Promise.resolve(result);
  }
}

/** One engine, and one operation after another that it dies in. */
class Lane {
  readonly #services = new Map<string, Services>();
  readonly #engine: ThreadEngine;
  #count = 0;
  #deaths = 0;

  constructor(url: string, lane: number) {
    const schemas = { own: `portico_${lane}`, engine: `dbos_${lane}` };
    this.#engine = new ThreadEngine({
      store: {
        place: { kind: 'postgres', url },
        node: `lane-${lane}`,
        migrate: true,
        timeoutMs: 10_000,
        connections: 3,
        heartbeatMs: 500,
        deadMs: 3_000,
        schemas,
      },
      clock: systemClock,
      perform: (order) => this.#services.get(order.operation)!.perform(order),
      onEvent: ({ event }) => {
        if (event === 'down') this.#deaths += 1;
      },
      retryMs: 10,
    });
  }

  /** Runs a saga in which the engine dies at `point`. */
  async run(point: string, answer: Services['answer'] = () => undefined): Promise<Ran> {
    const id = operationId('crash', `${this.#count++}`, point);
    const services = new Services();
    services.answer = answer;
    this.#services.set(id, services);
    await this.#until(() => this.#engine.isUp);
    this.#engine.failAt(point);
    const order = {
      id,
      definition: {
        ...FULFILMENT,
        steps: FULFILMENT.steps.map((step) => ({ ...step, backoffMs: 1 })),
      },
      version: 'v',
      fingerprint: 'f',
      owner: 'u',
      starter: { id: 'u', via: 'test', claims: {} },
      input: '{}',
      keepMs: 60_000,
      running: 10,
    };
    // Whoever gets no answer asks again with the same key.
    const start = async (): Promise<void> => {
      await this.#until(() => this.#engine.isUp);
      await this.#engine.start(order).catch(start);
    };
    await start();
    const detail = await this.#ended(id);
    // It may end before the last crash.
    await this.#until(() => this.#deaths === this.#count && this.#engine.isUp);
    const { effects, calls } = services;
    return { status: detail.operation.status, effects, calls, detail };
  }

  async #ended(id: string): Promise<OperationDetail> {
    for (;;) {
      const found = this.#engine.isUp
        ? await this.#engine.find(id).catch(() => undefined)
        : undefined;
      if (found?.operation.endedAt !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #until(claim: () => boolean): Promise<void> {
    while (!claim()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  close(): Promise<void> {
    return this.#engine.close(0);
  }
}

interface Ran {
  readonly status: string;
  readonly effects: readonly string[];
  readonly calls: number;
  readonly detail: OperationDetail;
}

/** Before the call, after its effect, after its record. */
const around = (name: string): string[] =>
  ['before', 'effect', 'record'].map((at) => `${at}:${name}`);

const FORWARD = ['reserve', 'charge', 'ship', 'confirm'];
const LANES = 4;

describePostgres('an engine that dies', () => {
  let postgres: PostgresServer;
  let lanes: Lane[] = [];
  beforeAll(async () => {
    postgres = await postgresServer();
    lanes = Array.from({ length: LANES }, (_, i) => new Lane(postgres.url(), i));
  });
  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.close()));
    await postgres.kill();
    postgres.remove();
  });

  /** Every point in turn, over all lanes at once. */
  const each = async (
    points: readonly string[],
    answer: Services['answer'] | undefined,
    claim: (ran: Ran) => void,
  ): Promise<void> => {
    const left = [...points];
    const work = async (lane: Lane): Promise<void> => {
      for (let point = left.shift(); point !== undefined; point = left.shift()) {
        const ran = await lane.run(point, answer);
        expect({ point, effects: ran.effects }).toEqual({
          point,
          effects: [...new Set(ran.effects)],
        });
        claim(ran);
      }
    };
    await Promise.all(lanes.map(work));
  };

  test('anywhere in a saga that succeeds leaves it to be completed, each effect once', async () => {
    const points = ['accepted', ...FORWARD.map((name) => around(`${name}#1`)), 'record:end'].flat();
    await each(points, undefined, ({ status, effects, calls }) => {
      expect([status, effects]).toEqual(['completed', FORWARD]);
      // No more than the call at hand is repeated.
      expect(calls).toBeLessThanOrEqual(5);
    });
  }, 120_000);

  test('anywhere in a saga that fails leaves it to be undone, in reverse', async () => {
    const refusing: Services['answer'] = ({ step, isUndo }) =>
      step === 'ship' && !isUndo
        ? { outcome: 'refused', status: 409, why: 'STATUS_409' }
        : undefined;
    const points = [
      ...['reserve#1', 'charge#1'].flatMap(around),
      'record:ship#1',
      'record:turn',
      ...['undo:charge#1', 'undo:reserve#1'].flatMap(around),
      'record:end',
    ];
    await each(points, refusing, ({ status, effects }) => {
      expect([status, effects]).toEqual([
        'failed',
        ['reserve', 'charge', 'undo charge', 'undo reserve'],
      ]);
    });
  }, 120_000);

  describe('after an effect that it could not record', () => {
    test('has it undone if the upstream refuses the repetition', async () => {
      const refusing: Services['answer'] = ({ step, isUndo }, isRepeated) =>
        step === 'charge' && !isUndo && isRepeated
          ? { outcome: 'refused', status: 409, why: 'STATUS_409' }
          : undefined;
      const { status, effects, detail } = await lanes[0]!.run('effect:charge#1', refusing);
      expect([status, effects]).toEqual([
        'failed',
        ['reserve', 'charge', 'undo charge', 'undo reserve'],
      ]);
      const charge = detail.history.find(
        (item) => item.kind === 'attempt' && item.step === 'charge',
      );
      expect(charge).toMatchObject({ outcome: 'unknown' });
    });
  });
});
