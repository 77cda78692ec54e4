import { describe, expect, test } from 'vitest';
import { Metrics } from '../../src/observe/metrics.ts';
import { testGateway } from '../../src/testing.ts';
import { describePostgres, postgresForTest } from '../helpers/postgres.ts';
import { metricsOf } from '../listener/gateway.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { openShop, type Resource, who } from './gateways.ts';
import { PATIENCE_MS } from './shared-shop.ts';
import { ORDER, startLedger } from './shop.ts';

const OPERATIONS = /^# TYPE portico_(?:operation|saga|engine)/m;

test('a gateway without a store has no metrics of operations', async () => {
  const gateway = await testGateway({
    plugins: [who],
    config: { admin: { port: 0 }, routes: { ping: { match: { path: '/' }, respond: {} } } },
  });
  try {
    expect(await metricsOf(gateway)).not.toMatch(OPERATIONS);
    const status = await fetch(`${gateway.gateway.adminUrl}/status`);
    expect(await status.json()).not.toHaveProperty('store');
  } finally {
    await gateway.close();
  }
});

describe('metrics of operations', () => {
  const health = () => undefined;

  test('begin at 0 for what the config names, and go with it', async () => {
    const metrics = new Metrics(() => []);
    const operations = metrics.ofOperations(health);
    operations.serve([{ kind: 'saga', name: 'old' }]);
    operations.observe({
      event: 'step',
      id: '1',
      kind: 'saga',
      name: 'old',
      run: 1,
      step: 'a',
      attempt: 1,
      outcome: 'done',
      ms: 1,
    });
    const before = await metrics.text();
    expect(before).toContain('portico_operations_started_total{kind="saga",name="old"} 0');
    expect(before).toContain('ended_total{kind="saga",name="old",status="stuck"} 0');
    expect(before).toContain('portico_saga_steps_total{saga="old",step="a",outcome="done"} 1');
    operations.serve([{ kind: 'command', name: 'new' }]);
    const after = await metrics.text();
    expect(after).not.toContain('"old"');
    expect(after).toContain('portico_operations_started_total{kind="command",name="new"} 0');
  });
});

describePostgres('an operation', { timeout: PATIENCE_MS }, () => {
  test('is counted and logged from its start to its end, without what is in it', async () => {
    const postgres = await postgresForTest();
    const ledger = await startLedger();
    const { log, lines } = recordingLog();
    const store = { postgres: postgres.url(), heartbeat: '300ms', dead: '1s' };
    const shop = await openShop({ store, url: ledger.url, log, admin: { port: 0 } });
    const { gateway } = shop;
    const metric = async (name: string): Promise<string | undefined> =>
      (await metricsOf(gateway)).split('\n').find((line) => line.startsWith(name));
    const status = async () => {
      const { store: told } = (await (
        await fetch(`${gateway.gateway.adminUrl}/status`)
      ).json()) as {
        store: Record<string, unknown>;
      };
      return told;
    };
    const run = async (): Promise<Resource> => {
      const { id } = (await (await shop.start(ORDER)).json()) as Resource;
      return shop.ended(id);
    };
    try {
      await run();
      const STARTED = 'portico_operations_started_total{kind="saga",name="fulfilment"}';
      expect(await metric(STARTED)).toBe(`${STARTED} 1`);
      const ENDED = 'portico_operations_ended_total{kind="saga",name="fulfilment",status=';
      expect(await metric(`${ENDED}"completed"`)).toBe(`${ENDED}"completed"} 1`);
      expect(await metric('portico_operation_duration_seconds_count')).toMatch(
        /name="fulfilment",status="completed"\} 1$/,
      );
      expect(await metric('portico_saga_steps_total')).toMatch(
        /saga="fulfilment",step="reserve",outcome="done"\} 1$/,
      );

      // The charge is refused, and so is the release of what was reserved.
      ledger.fault = ({ method, path }) =>
        path === '/payments' ? 402 : method === 'DELETE' ? 500 : undefined;
      const stuck = await run();
      expect(stuck.status).toBe('stuck');
      const STUCK = 'portico_operations_stuck{name="fulfilment"}';
      await expect.poll(() => metric(STUCK)).toBe(`${STUCK} 1`);
      expect(await metric('portico_saga_undos_total')).toMatch(
        /saga="fulfilment",step="reserve",outcome="failed"\} 3$/,
      );
      expect(await metric('portico_engine_up')).toBe('portico_engine_up 1');
      expect(await status()).toMatchObject({ kind: 'postgres', up: true, running: 0, stuck: 1 });

      const told = lines().filter((line) => 'operation' in line && line.operation === stuck.id);
      const shown = told.map((line) => [line.level, line.msg, 'step' in line && line.step]);
      expect(shown).toEqual([
        [30, 'operation started', false],
        [40, 'step failed', 'charge'],
        [40, 'operation failed: what was done is undone', 'charge'],
        [50, 'undo failed', 'reserve'],
        [50, 'undo failed', 'reserve'],
        [50, 'undo failed', 'reserve'],
        [50, 'operation stuck: an operator must settle it', 'reserve'],
      ]);
      expect(JSON.stringify(told)).not.toMatch(/12345678901234567890|o1|"sku"/);

      await postgres.kill();
      await expect
        .poll(() => metric('portico_engine_up'), { timeout: 15_000 })
        .toBe('portico_engine_up 0');
      // What was stuck is, as far as anybody knows, stuck.
      expect(await metric(STUCK)).toBe(`${STUCK} 1`);
      const away = await status();
      expect(away).toMatchObject({
        up: false,
        stuck: 1,
        fault: { code: expect.any(String) as string },
      });
      expect(JSON.stringify(away)).not.toMatch(/127\.0\.0\.1|postgres:/);
      expect((await fetch(`${gateway.gateway.adminUrl}/readyz`)).status).toBe(200);
      await postgres.start();
      await expect
        .poll(() => metric('portico_engine_up'), { timeout: 30_000 })
        .toBe('portico_engine_up 1');
    } finally {
      await gateway.close();
    }
  });
});
