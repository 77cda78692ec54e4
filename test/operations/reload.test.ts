import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { startReloading } from '../reload/reloading.ts';
import { configOf, type Resource, type Section, Shop } from './gateways.ts';
import { Ledger, ORDER } from './shop.ts';

describePostgres('while an operation runs, a reload', { timeout: 90_000 }, () => {
  const postgres = ownPostgres();

  test('changes addresses for it and not its steps; a changed store waits for a restart', async () => {
    const [old, now] = await Promise.all([new Ledger().listen(), new Ledger().listen()]);
    onTestFinished(() => [old, now].forEach((each) => each.close()));
    const config = (url: string, more: Section = {}): Section => ({
      plugins: { who: { module: resolve('test/operations/who.ts') } },
      ...configOf({ store: { postgres: postgres.url(), ...more }, url }),
    });
    const { url, change } = await startReloading(config(old.url));
    const shop = new Shop(url);
    await shop.untilOpen();
    const [charged, held] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()];
    old.fault = ({ path }) => {
      if (path !== '/payments') return undefined;
      charged.resolve();
      return held.promise;
    };
    const { id } = (await (await shop.start(ORDER)).json()) as Resource;
    await charged.promise;
    const changed = config(now.url, { connections: 6 });
    const steps = { only: { call: { upstream: 'shop', path: '/only' } } };
    const reload = await change({ ...changed, sagas: { fulfilment: { steps } } });
    expect(reload).toMatchObject({ result: 'applied', restartRequired: ['store'] });
    held.resolve(undefined);
    expect(await shop.ended(id)).toMatchObject({ status: 'completed' });
    expect(old.effects).toEqual(['POST /reservations', 'POST /payments']);
    expect(now.effects).toEqual(['POST /shipments/north?order=o1', 'POST /orders/o1/confirm']);
    const next = (await (await shop.start(ORDER)).json()) as Resource;
    expect((await shop.ended(next.id)).completedSteps).toEqual(['only']);
  });
});
