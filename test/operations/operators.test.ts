/** Operators and stuck operations, through the admin port. */
import { describe, expect, test } from 'vitest';
import type { OperationList } from '../../src/admin/page-data.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { describePostgres } from '../helpers/postgres.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { openShop, type Resource, type Shop, startShop } from './gateways.ts';
import { operatorOf, TOKEN } from './operators.ts';
import { PATIENCE_MS, sharedShop } from './shared-shop.ts';
import { FULFILMENT, ORDER } from './shop.ts';

const admin = { token: TOKEN };
const RELEASE = 'DELETE /reservations/by-key/reserve';

describePostgres('an operator', { timeout: PATIENCE_MS }, () => {
  const recorded = recordingLog();
  const shared = sharedShop({}, { admin, log: recorded.log });
  const { ledger } = shared;
  const { ask, read, order } = operatorOf(() => shared.shop);

  const started = async (shop: Shop = shared.shop): Promise<string> =>
    ((await (await shop.start(ORDER)).json()) as Resource).id;
  /** Refunds fail as long as `isFailing`. */
  const stuck = async (shop: Shop = shared.shop) => {
    const state = { isFailing: true };
    ledger.fault = ({ path }) => {
      if (path.startsWith('/shipments')) return 409;
      return path === '/refunds' && state.isFailing ? 500 : undefined;
    };
    const id = await started(shop);
    expect((await shop.ended(id)).status).toBe('stuck');
    return { id, heal: () => (state.isFailing = false) };
  };
  const WHY = { step: 'charge', reason: 'payments is back' };

  test('is called when an undo has failed three times, and the earlier steps wait', async () => {
    const { id } = await stuck();
    const refunds = ledger.calls.filter(({ path }) => path === '/refunds');
    expect(refunds).toHaveLength(3);
    expect(ledger.effects).not.toContain(RELEASE);
    const found = await read(id);
    expect(found).toMatchObject({
      status: 'stuck',
      stuckStep: 'charge',
      can: ['retry', 'skip'],
      owner: 'who//ada',
      context: { reserve: { id: 1, warehouse: 'north' } },
    });
    const last = found.history.at(-1)!;
    expect(last).toMatchObject({ what: 'undo', step: 'charge', attempt: 3, outcome: 'failed' });
    expect(Date.parse(found.updatedAt) - Date.parse(last.at)).toBeLessThan(10_000);
    const metrics = async () => (await ask('/metrics')).text();
    await expect
      .poll(metrics, { timeout: 10_000 })
      .toMatch(/^portico_operations_stuck\{[^}]*name="fulfilment"[^}]*\} [1-9]/m);
    const told = recorded.text().split('\n');
    const line = told.find((each) => each.includes('operation stuck') && each.includes(id));
    expect(JSON.parse(line!)).toMatchObject({ level: 50, step: 'charge', reason: 'STATUS_500' });
  });

  test('finds a stuck one after two restarts, retries it once, and it ends in order', async () => {
    const store = { postgres: shared.postgres.database('restarted') };
    const options = { store, url: ledger.url, admin };
    let shop = await openShop(options);
    const { id, heal } = await stuck(shop);
    for (let restarts = 0; restarts < 2; restarts += 1) {
      await shop.gateway.close();
      shop = await openShop(options);
      expect((await shop.read(id)).status).toBe('stuck');
    }
    heal();
    const again = operatorOf(() => shop);
    const both = await Promise.all([again.order(id, 'retry', WHY), again.order(id, 'retry', WHY)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(await shop.ended(id)).toMatchObject({
      status: 'failed',
      failureReason: 'STATUS_409',
      compensatedSteps: ['charge', 'reserve'],
    });
    expect(ledger.effects.slice(2)).toEqual(['POST /refunds', RELEASE]);
    await shop.gateway.close();
  });

  test('skips what somebody has undone by hand; log and history have the reason', async () => {
    const { id } = await stuck();
    const skipped = await order(id, 'skip', { ...WHY, reason: 'refunded by hand', run: 1 });
    expect(skipped).toMatchObject({ status: 202, detail: { id, run: 2 } });
    expect((await shared.shop.ended(id)).status).toBe('failed');
    expect(ledger.effects.slice(2)).toEqual([RELEASE]);
    const by = { by: '127.0.0.1', reason: 'refunded by hand' };
    expect((await read(id)).history).toContainEqual(
      expect.objectContaining({ what: 'skip', step: 'charge', ...by }),
    );
    const line = recorded.lines().findLast(({ msg }) => msg === 'operation order');
    expect(line).toMatchObject({
      level: 40,
      operation: id,
      order: 'skip',
      step: 'charge',
      address: '127.0.0.1',
      reason: 'refunded by hand',
    });
  });

  test('is refused an order that does not fit the state, and told why', async () => {
    const { id, heal } = await stuck();
    const why = async (name: string, body: object): Promise<unknown> => {
      const { status, error } = await order(id, name, body);
      return [status, error];
    };
    expect(await why('retry', { ...WHY, step: 'reserve' })).toEqual([
      409,
      'it is stuck at "charge", not at "reserve"',
    ]);
    expect(await why('skip', { ...WHY, run: 2 })).toEqual([
      409,
      'that was run 2: it is stuck in run 1',
    ]);
    expect(await why('cancel', { reason: 'r' })).toEqual([
      409,
      'only what runs can be cancelled: it is stuck',
    ]);
    heal();
    expect((await order(id, 'retry', WHY)).status).toBe(202);
    await shared.shop.ended(id);
    expect(await why('retry', WHY)).toEqual([
      409,
      'only what is stuck can be settled: it is failed',
    ]);
  });

  test('must say what is meant, and why', async () => {
    const { id, heal } = await stuck();
    for (const [name, body] of [
      ['retry', {}],
      ['retry', { step: 'charge' }],
      ['retry', { reason: 'r' }],
      ['retry', { ...WHY, stp: 'charge' }],
      ['retry', { ...WHY, run: '1' }],
      ['retry', { ...WHY, reason: ' ' }],
      ['retry', { ...WHY, reason: 'a\nb' }],
      ['skip', { ...WHY, step: 5 }],
      ['skip', []],
      ['cancel', {}],
      ['cancel', WHY],
    ] as const) {
      expect([name, body, (await order(id, name, body)).status]).toEqual([name, body, 400]);
    }
    const raw = await ask(`/operations/${id}/retry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(raw.status).toBe(400);
    for (const name of ['6f1c2a54-5d0e-8c3b-9a77-1f0e6b5d4c3a', 'x', '%00', "' OR 1=1"]) {
      expect((await order(encodeURIComponent(name), 'retry', WHY)).status).toBe(404);
      expect((await ask(`/operations/${encodeURIComponent(name)}`)).status).toBe(404);
    }
    expect(await read(id)).toMatchObject({ status: 'stuck', run: 1 });
    heal();
  });

  test('needs the token, for reading too', async () => {
    const { id } = await stuck();
    const headers = { authorization: 'Bearer another', 'content-type': 'application/json' };
    for (const [path, init] of [
      ['', {}],
      [`/${id}`, {}],
      [`/${id}/retry`, { method: 'POST', body: JSON.stringify(WHY) }],
    ] as const) {
      const response = await ask(`/operations${path}`, { ...init, headers });
      expect([path, response.status]).toEqual([path, 401]);
    }
    expect(await read(id)).toMatchObject({ status: 'stuck', run: 1 });
  });

  test('lists them by status and name, in pages, with how many there are', async () => {
    await stuck();
    ledger.clear();
    await shared.shop.ended(await started());
    const list = async (query: string): Promise<OperationList> =>
      (await (await ask(`/operations${query}`)).json()) as OperationList;
    const all = await list('');
    const [counts] = all.counts;
    expect(counts).toMatchObject({ kind: 'saga', name: 'fulfilment', running: 0 });
    expect(counts!.stuck).toBeGreaterThan(0);
    expect(counts!.completed).toBeGreaterThan(0);
    expect(all.items[0]).toMatchObject({ status: 'completed', owner: 'who//ada', run: 1 });
    const open = await list('?status=stuck&name=fulfilment&limit=100');
    expect(open.items).toHaveLength(counts!.stuck);
    expect(new Set(open.items.map(({ status }) => status))).toEqual(new Set(['stuck']));
    const first = await list('?limit=1');
    const second = await list(`?limit=1&after=${first.next}`);
    expect([first.items[0], second.items[0]]).toEqual(all.items.slice(0, 2));
    expect((await list('?name=nobody')).items).toEqual([]);
    for (const query of [
      '?status=x',
      '?limit=0',
      '?limit=101',
      '?after=x',
      '?limit=1&limit=2',
      '?a=',
    ]) {
      expect([query, (await ask(`/operations${query}`)).status]).toEqual([query, 400]);
    }
  });

  describe('cancels', () => {
    const STEPS = Object.keys(FULFILMENT.steps);
    const PLACES = ['/reservations', '/payments', '/shipments', '/orders'];
    /** Cancelled while a step is called. */
    const cancelledAt = async (step: string, shop: Shop) => {
      const operator = operatorOf(() => shop);
      const called = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<undefined>();
      ledger.fault = ({ path, method }) => {
        if (method !== 'POST' || !path.startsWith(PLACES[STEPS.indexOf(step)]!)) return undefined;
        called.resolve();
        return goOn.promise;
      };
      const id = await started(shop);
      await called.promise;
      const told = await operator.order(id, 'cancel', { reason: 'wrong price' });
      goOn.resolve(undefined);
      return { id, told, ended: await shop.ended(id), found: await operator.read(id) };
    };

    test.each([
      ['reserve', ['reserve']],
      ['charge', ['charge', 'reserve']],
      ['ship', ['ship', 'charge', 'reserve']],
    ])('at %s: it is undone from there', async (step, undone) => {
      const { told, ended, found } = await cancelledAt(step, shared.shop);
      expect(told).toMatchObject({ status: 202, detail: { cancelRequested: true, can: [] } });
      expect(ended).toMatchObject({
        status: 'failed',
        failureReason: 'cancelled',
        compensatedSteps: undone,
      });
      expect(found.cancel).toEqual({ by: '127.0.0.1', reason: 'wrong price' });
      expect(found.history).toContainEqual(
        expect.objectContaining({ what: 'halt', why: 'cancelled', reason: 'wrong price' }),
      );
    });

    test('too late at the last step: what succeeds there has happened', async () => {
      const { told, ended } = await cancelledAt('confirm', shared.shop);
      expect([told.status, ended.status]).toEqual([202, 'completed']);
    });

    test('past the pivot: 409, and it goes on', async () => {
      const { ship, ...others } = FULFILMENT.steps;
      const { confirm, ...first } = others;
      const shop = await startShop({
        store: { postgres: shared.postgres.database('pivot') },
        url: ledger.url,
        admin,
        saga: { steps: { ...first, ship: { ...ship, pivot: true }, confirm } },
      });
      const { told, ended } = await cancelledAt('confirm', shop);
      expect([told.status, told.error]).toEqual([
        409,
        'it has passed its pivot, after which nothing is undone',
      ]);
      expect(ended.status).toBe('completed');
      const before = await cancelledAt('charge', shop);
      expect(before.ended).toMatchObject({ compensatedSteps: ['charge', 'reserve'] });
    });
  });

  test('is told that the store is away, and nothing of its address', async () => {
    const away = await startGateway({
      config: {
        admin: { port: 0 },
        routes: {},
        store: { postgres: 'postgres://portico:hidden@127.0.0.1:1/x', timeout: '100ms' },
      },
      log: recordingLog().log,
    });
    for (const path of ['', '/6f1c2a54-5d0e-8c3b-9a77-1f0e6b5d4c3a']) {
      const response = await fetch(`${away.gateway.adminUrl}/operations${path}`);
      expect([response.status, await response.json()]).toEqual([
        503,
        { error: 'the store of operations did not answer' },
      ]);
    }
  });
});

test('without a store there are no operations, and it says so', async () => {
  const { gateway } = await startGateway({ config: { admin: { port: 0 }, routes: {} } });
  const error = 'there are no operations: the config has no store';
  for (const path of ['', '/6f1c2a54-5d0e-8c3b-9a77-1f0e6b5d4c3a']) {
    const response = await fetch(`${gateway.adminUrl}/operations${path}`);
    expect([response.status, await response.json()]).toEqual([404, { error }]);
  }
});
