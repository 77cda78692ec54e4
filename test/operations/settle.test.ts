/** What an operator may order of an engine: to undo again, to go on without, to cancel. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SagaDefinition } from '../../src/config/build/saga-config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { ThreadEngine } from '../../src/engine/thread-engine.ts';
import type { CallOrder, CallResult, EngineEvent } from '../../src/operations/engine.ts';
import type { OperationDetail } from '../../src/operations/engine.ts';
import type { OrderItem } from '../../src/operations/history.ts';
import { operationId } from '../../src/operations/ids.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { FULFILMENT } from './sagas.ts';
import { PATIENCE_MS } from './shared-shop.ts';

const DEFINITION: SagaDefinition = {
  ...FULFILMENT,
  undo: { ...FULFILMENT.undo, backoffMs: 1 },
  steps: FULFILMENT.steps.map((step) => ({ ...step, backoffMs: 1 })),
};
const DONE: CallResult = { outcome: 'done', status: 200 };
const REFUSED: CallResult = { outcome: 'refused', status: 402, why: 'STATUS_402' };
const FAILED: CallResult = { outcome: 'unknown', status: 500, why: 'STATUS_500' };

type Answer = (call: string, order: CallOrder) => CallResult | Promise<CallResult>;

const by = (order: OrderItem['order'], step: string, reason = 'refunded by hand') => ({
  order,
  step,
  by: '127.0.0.1',
  reason,
});

describePostgres('an operator', { timeout: PATIENCE_MS }, () => {
  const postgres = ownPostgres();
  let engine: ThreadEngine;
  let started = 0;
  /** By operation. */
  const answers = new Map<string, Answer>();
  const events: EngineEvent[] = [];
  const calls = new Map<string, string[]>();
  const perform = async (order: CallOrder): Promise<CallResult> => {
    const call = `${order.isUndo ? 'undo ' : ''}${order.step}`;
    calls.set(order.operation, [...(calls.get(order.operation) ?? []), call]);
    return answers.get(order.operation)!(call, order);
  };
  beforeAll(async () => {
    engine = new ThreadEngine({
      store: {
        place: { kind: 'postgres', url: postgres.url() },
        migrate: true,
        timeoutMs: 10_000,
        connections: 3,
        heartbeatMs: 500,
        deadMs: 1_500,
        schemas: { own: 'portico', engine: 'dbos' },
      },
      clock: systemClock,
      perform,
      onEvent: (event) => events.push(event),
      retryMs: 10,
    });
    while (!engine.isUp) await new Promise((resolve) => setTimeout(resolve, 10));
  }, PATIENCE_MS);
  afterAll(async () => {
    await engine.close(0);
  });

  const start = async (answer: Answer, definition = DEFINITION): Promise<string> => {
    const id = operationId('settle', 'u', `${++started}`);
    answers.set(id, answer);
    await engine.start({
      id,
      definition,
      version: 'v',
      fingerprint: 'f',
      owner: 'u',
      starter: { id: 'u', via: 'test', claims: {} },
      input: '{}',
      keepMs: 60_000,
      running: 100,
    });
    return id;
  };
  /** Once it neither runs nor is undone. */
  const rested = async (id: string): Promise<OperationDetail> => {
    for (;;) {
      const found = engine.isUp ? await engine.find(id).catch(() => undefined) : undefined;
      if (found !== undefined && !found.operation.status.endsWith('ing')) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  /** Stuck, because the refund fails as long as `isFailing`. */
  const stuck = async () => {
    let healed: CallResult | Promise<CallResult> = FAILED;
    const id = await start((call) => {
      if (call === 'ship') return REFUSED;
      return call === 'undo charge' ? healed : DONE;
    });
    expect((await rested(id)).operation).toMatchObject({ status: 'stuck', step: 'charge', run: 1 });
    calls.set(id, []);
    return {
      id,
      heal: (answer: typeof healed = DONE) => {
        healed = answer;
      },
    };
  };

  test('has a stuck step undone again, and the earlier ones after it, in order', async () => {
    const { id, heal } = await stuck();
    heal();
    expect(await engine.settle({ id, run: 1, order: by('retry', 'charge') })).toBe(true);
    const { operation, history } = await rested(id);
    expect(operation).toMatchObject({ status: 'failed', run: 2, reason: 'STATUS_402' });
    expect(calls.get(id)).toEqual(['undo charge', 'undo reserve']);
    expect(history.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      'attempt reserve',
      'attempt charge',
      'attempt ship',
      'turn ship',
      'undo charge',
      'undo charge',
      'undo charge',
      'order charge',
      'undo charge',
      'undo reserve',
    ]);
    expect(history.find(({ kind }) => kind === 'order')).toMatchObject(by('retry', 'charge'));
  });

  test('goes on without a step that somebody has undone by hand', async () => {
    const { id } = await stuck();
    expect(await engine.settle({ id, run: 1, order: by('skip', 'charge') })).toBe(true);
    expect((await rested(id)).operation).toMatchObject({ status: 'failed', run: 2 });
    expect(calls.get(id)).toEqual(['undo reserve']);
  });

  test('may try as often as it takes, and every order is kept', async () => {
    const { id, heal } = await stuck();
    for (const run of [1, 2]) {
      expect(await engine.settle({ id, run, order: by('retry', 'charge', `no ${run}`) })).toBe(
        true,
      );
      const again = await rested(id);
      expect(again.operation).toMatchObject({ status: 'stuck', step: 'charge', run: run + 1 });
    }
    heal();
    expect(await engine.settle({ id, run: 3, order: by('retry', 'charge', 'no 3') })).toBe(true);
    const { operation, history } = await rested(id);
    expect(operation).toMatchObject({ status: 'failed', run: 4 });
    const orders = history.flatMap((item) => (item.kind === 'order' ? item.reason : []));
    expect(orders).toEqual(['no 1', 'no 2', 'no 3']);
    const attempts = history.flatMap((item) =>
      item.kind === 'undo' && item.step === 'charge' ? item.attempt : [],
    );
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('settles a run once, and only the step and the run that are stuck', async () => {
    const { id, heal } = await stuck();
    for (const wrong of [
      { id, run: 2, order: by('retry', 'charge') },
      { id, run: 1, order: by('retry', 'reserve') },
      { id: operationId('settle', 'u', 'nobody'), run: 1, order: by('retry', 'charge') },
    ]) {
      expect(await engine.settle(wrong)).toBe(false);
    }
    const refund = Promise.withResolvers<CallResult>();
    heal(refund.promise);
    const order = by('retry', 'charge');
    const both = await Promise.all(
      Array.from({ length: 8 }, () => engine.settle({ id, run: 1, order })),
    );
    expect(both.filter((isSettled) => isSettled)).toHaveLength(1);
    // It is at that step in that run, but not stuck.
    await expect.poll(() => calls.get(id)).toEqual(['undo charge']);
    expect(await engine.settle({ id, run: 2, order })).toBe(false);
    refund.resolve(DONE);
    expect((await rested(id)).operation).toMatchObject({ status: 'failed', run: 2 });
    expect(calls.get(id)).toEqual(['undo charge', 'undo reserve']);
    expect(await engine.settle({ id, run: 2, order })).toBe(false);
  });

  test('has what killed too many engines done again, and an outcome nobody knows is undone', async () => {
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<CallResult>();
    const id = await start((call) => {
      if (call !== 'charge') return DONE;
      called.resolve();
      return goOn.promise;
    });
    await called.promise;
    engine.failAt('effect:charge#1');
    postgres.sql(`UPDATE portico.operation SET takeovers = 20 WHERE id = '${id}'`);
    goOn.resolve(REFUSED);
    const given = await rested(id);
    expect(given.operation).toMatchObject({ status: 'stuck', step: 'charge', run: 1 });
    expect(events).toContainEqual(expect.objectContaining({ event: 'ended', id, status: 'stuck' }));
    expect(await engine.settle({ id, run: 1, order: by('skip', 'charge') })).toBe(false);
    expect(await engine.settle({ id, run: 1, order: by('retry', 'charge') })).toBe(true);
    expect((await rested(id)).operation).toMatchObject({ status: 'failed', run: 2 });
    expect(calls.get(id)?.slice(-2)).toEqual(['undo charge', 'undo reserve']);
  });

  test('cancels, and address and reason stand in the history', async () => {
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<CallResult>();
    const id = await start((call) => {
      if (call !== 'charge') return DONE;
      called.resolve();
      return goOn.promise;
    });
    await called.promise;
    const order = { by: '10.0.0.1', reason: 'wrong price' };
    expect(await engine.cancel(id, order)).toBe(true);
    expect(await engine.cancel(id, { by: '10.0.0.2', reason: 'later' })).toBe(true);
    goOn.resolve(DONE);
    const { operation, history } = await rested(id);
    expect(operation).toMatchObject({ status: 'failed', reason: 'cancelled', cancel: order });
    expect(history).toContainEqual(
      expect.objectContaining({ kind: 'halt', step: 'ship', why: 'cancelled', ...order }),
    );
    expect(await engine.cancel(id, order)).toBe(false);
  });

  test('is told how many there are, by name and status', async () => {
    const named = { ...DEFINITION, name: 'counted' };
    const ids = [await start(() => DONE, named), await start(() => DONE, named)];
    ids.push(await start((call) => (call === 'reserve' ? REFUSED : DONE), named));
    for (const id of ids) await rested(id);
    const counted = async () => (await engine.counts()).filter(({ name }) => name === 'counted');
    expect(await counted()).toEqual([
      { kind: 'saga', name: 'counted', status: 'completed', count: 2 },
      { kind: 'saga', name: 'counted', status: 'failed', count: 1 },
    ]);
    // What ended long ago is not told.
    postgres.sql(
      `UPDATE portico.operation SET ended_at = ended_at - interval '25 hours' WHERE id = '${ids[0]}'`,
    );
    expect((await counted())[0]?.count).toBe(1);
  });
});
