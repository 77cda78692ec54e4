import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { report } from '../chaos/measure.ts';
import { bound } from '../helpers/figures.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { Resource, Shop } from './gateways.ts';
import { Ledger, ORDER } from './shop.ts';

/** Processes start slowly on a busy machine. */
const PATIENCE = { timeout: 90_000 };

describePostgres('of two gateways on one store', PATIENCE, () => {
  const postgres = ownPostgres();
  const ledger = new Ledger();
  beforeAll(async () => {
    await ledger.listen();
  });
  beforeEach(() => ledger.clear());
  afterAll(async () => {
    ledger.close();
  });

  const both = async (database: string) => {
    const store = { postgres: postgres.database(database) };
    const [one, other] = await Promise.all([
      GatewayProcess.start({ store, url: ledger.url }),
      GatewayProcess.start({ store, url: ledger.url }),
    ]);
    return { one, other };
  };
  /** An operation that `one` has got as far as the charge with. */
  const charging = async (one: Shop) => {
    const charged = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<undefined>();
    ledger.fault = ({ path }) => {
      if (path !== '/payments') return undefined;
      charged.resolve();
      return goOn.promise;
    };
    const { id } = (await (await one.start(ORDER)).json()) as Resource;
    await charged.promise;
    return { id, goOn };
  };

  test('the other goes on with what a killed one has begun, each effect once', async () => {
    const { one, other } = await both('killed');
    const { id, goOn } = await charging(one);
    expect(await other.read(id)).toMatchObject({ status: 'running', currentStepIndex: 1 });
    await one.end('SIGKILL');
    goOn.resolve(undefined);
    expect(await other.ended(id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toEqual([
      'POST /reservations',
      'POST /payments',
      'POST /shipments/north?order=o1',
      'POST /orders/o1/confirm',
    ]);
  });

  test('one key is one operation; and one that stops finishes its call, and leaves the rest at once', async () => {
    const { one, other } = await both('stopped');
    const headers = { 'idempotency-key': 'same' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).start(ORDER, headers)),
    );
    // A key is one operation, whoever is asked.
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const started = (await Promise.all(answers.map((each) => each.json()))) as Resource[];
    expect(new Set(started.map((each) => each.id)).size).toBe(1);
    expect(await other.ended(started[0]!.id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toHaveLength(4);
    ledger.clear();
    const { id, goOn } = await charging(one);
    const ended = one.end('SIGTERM');
    await delay(300);
    goOn.resolve(undefined);
    expect(await ended).toBe(0);
    expect(await other.ended(id)).toMatchObject({ status: 'completed' });
    // The charge was recorded, and not made again.
    expect(ledger.calls.filter(({ path }) => path === '/payments')).toHaveLength(1);
  });

  test('one that is killed goes on itself once it is back, if its name is its own', async () => {
    // As it is by default, so that nobody would notice its death before.
    const store = { postgres: postgres.database('named'), heartbeat: '3s', dead: '15s' };
    const gateway = await GatewayProcess.start({
      store: { ...store, node: 'gw-1' },
      url: ledger.url,
    });
    const { id, goOn } = await charging(gateway);
    await gateway.end('SIGKILL');
    const { promise: repeated, resolve } = Promise.withResolvers<number>();
    goOn.resolve(undefined);
    ledger.fault = ({ path }) => {
      if (path === '/payments') resolve(performance.now());
      return undefined;
    };
    const from = performance.now();
    gateway.run();
    const afterMs = (await repeated) - from;
    report('own restart', { afterMs });
    expect(afterMs).toBeLessThan(bound(3_000, 14_000));
    await gateway.untilOpen();
    expect(await gateway.ended(id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toHaveLength(4);
  });
});
