import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describePostgres } from '../helpers/postgres.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { configOf, openShop, type Resource, startShop, who } from './gateways.ts';
import { testGateway } from '../../src/testing.ts';
import { PATIENCE_MS, sharedShop } from './shared-shop.ts';
import { ORDER, startLedger } from './shop.ts';

test('a gateway whose store is away serves all else, and starts nothing', async () => {
  const ledger = await startLedger();
  const store = { postgres: `postgres://u:secret@127.0.0.1:${await quietPort()}/d`, timeout: '1s' };
  const gateway = await testGateway({
    plugins: [who],
    config: configOf({ store, url: ledger.url }),
  });
  onTestFinished(() => gateway.close());
  expect(await (await gateway.fetch('/ping')).text()).toBe('pong');
  const headers = { 'x-who': 'ada', 'content-type': 'application/json' };
  const start = await gateway.fetch('/fulfilments', { method: 'POST', headers, body: ORDER });
  expect(start.status).toBe(503);
  expect(start.headers.get('idempotency-key')).toMatch(/^"[0-9a-f-]{36}"$/);
  const text = await start.text();
  expect(text).toContain('GW_DEPENDENCY_DOWN');
  expect(text).toContain('nothing was accepted');
  expect(text).not.toMatch(/127\.0\.0\.1|secret/);
  expect((await gateway.fetch('/operations', { headers })).status).toBe(503);
});

describePostgres('a store that goes away', { timeout: PATIENCE_MS }, () => {
  const shared = sharedShop({ timeout: '1s' });
  const { ledger } = shared;

  /** Starts one, and holds its charge until `goOn`. */
  const charging = async (): Promise<{ id: string; goOn: () => void }> => {
    const [charged, held] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()];
    ledger.fault = ({ path }) => {
      if (path !== '/payments') return undefined;
      charged.resolve();
      return held.promise;
    };
    const { id } = (await (await shared.shop.start(ORDER)).json()) as Resource;
    await charged.promise;
    return { id, goOn: () => held.resolve(undefined) };
  };

  test('and comes back: what ran goes on, and nothing is called before its record', async () => {
    const { id, goOn } = await charging();
    await shared.postgres.kill();
    goOn();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ledger.calls.map(({ path }) => path)).toEqual(['/reservations', '/payments']);
    expect((await shared.shop.start(ORDER)).status).toBe(503);
    await shared.postgres.start();
    await shared.shop.untilOpen();
    expect(await shared.shop.ended(id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toHaveLength(4);
  });

  test('that only hangs is given up after its timeout, and may have accepted the start', async () => {
    await shared.shop.untilOpen();
    const headers = { 'idempotency-key': 'while-it-hangs' };
    shared.postgres.freeze();
    const from = performance.now();
    const start = await shared.shop.start(ORDER, headers).finally(() => shared.postgres.thaw());
    expect(start.status).toBe(503);
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(start.headers.get('idempotency-key')).toBe('"while-it-hangs"');
    expect(await start.text()).toContain('it is not known whether the operation was accepted');
    await shared.shop.untilOpen();
    const again = await shared.shop.start(ORDER, headers);
    expect(again.status).toBe(202);
    const { id } = (await again.json()) as Resource;
    expect(await shared.shop.ended(id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toHaveLength(4);
  });
});

describe('an embedded store', () => {
  test('keeps operations from one life of the gateway to the next', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'portico-embedded-')), 'store');
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const ledger = await startLedger();
    const options = { store: { embedded: folder, timeout: '10s' }, url: ledger.url };
    const first = await openShop(options);
    const { id } = (await (await first.start(ORDER)).json()) as Resource;
    expect(await first.ended(id)).toMatchObject({ status: 'completed' });
    // Two would destroy it.
    const second = testGateway({ plugins: [who], config: configOf(options) });
    await expect(second).rejects.toThrow(/store\.embedded: .*process \d+ uses the folder/);
    await first.gateway.close();
    expect(existsSync(join(folder, 'portico.lock'))).toBe(false);
    const next = await startShop(options);
    expect(await next.read(id)).toMatchObject({ status: 'completed' });
  }, 120_000);
});
