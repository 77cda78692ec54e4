import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { startReloading } from '../reload/reloading.ts';
import { configOf, type Resource, type Section, Shop, startShop } from './gateways.ts';
import { PATIENCE_MS } from './shared-shop.ts';
import { startLedger } from './shop.ts';

const keyOf = (id: string, byte: number) => ({
  id,
  key: Buffer.alloc(32, byte).toString('base64'),
});
const [OLD, NEW] = [keyOf('old', 1), keyOf('new', 2)];

const SAGA = {
  secret: ['input.card', 'charge.token'],
  undo: { attempts: 1, backoff: '20ms', timeout: '2s', settle: '1s' },
  steps: {
    charge: {
      call: {
        upstream: 'shop',
        path: '/payments',
        body: { card: '{input.card}', id: '{input.id}' },
      },
      pick: ['token', 'id'],
      backoff: '20ms',
      undo: { upstream: 'shop', path: '/refunds', body: { card: '{input.card}' } },
    },
    ship: {
      call: { upstream: 'shop', path: '/shipments', headers: { 'x-token': '{charge.token}' } },
      attempts: 1,
    },
  },
};
const ORDER = '{"id":12345678901234567890,"card":{"number":"4111111111111111"}}';

describePostgres('what a saga calls secret', { timeout: PATIENCE_MS }, () => {
  const postgres = ownPostgres();

  test('is sealed in the store, and nowhere but in the calls of its steps', async () => {
    const ledger = await startLedger();
    const { log, text } = recordingLog();
    const store = { postgres: postgres.database('one'), keys: [NEW] };
    const shop = await startShop({ store, url: ledger.url, saga: SAGA, log });
    ledger.fault = ({ path }, response) => {
      if (path === '/payments') {
        response.writeHead(201, { 'content-type': 'application/json' });
        response.end('{"token":"tok-77","id":7,"echo":"4111"}');
        return 'handled';
      }
      return path === '/shipments' ? 409 : undefined;
    };
    const headers = { 'idempotency-key': 'secret-1' };
    const { id } = (await (await shop.start(ORDER, headers)).json()) as Resource;
    expect(await shop.ended(id)).toMatchObject({ status: 'failed' });
    expect(ledger.calls.map(({ path, body }) => [path, body])).toEqual([
      ['/payments', '{"card":{"number":"4111111111111111"},"id":12345678901234567890}'],
      ['/shipments', ''],
      ['/refunds', '{"card":{"number":"4111111111111111"}}'],
    ]);
    expect(ledger.calls[1]?.headers['x-token']).toBe('tok-77');

    const seen = await shop.read(id, 'ops operations:all');
    expect(seen.context).toEqual({ charge: { token: '(sealed)', id: 7 } });
    const dump = postgres.dump('one');
    expect(dump).toMatch(/\$sealed.{1,20}new:/);
    expect(dump).toContain('12345678901234567890');
    expect(dump + text()).not.toMatch(/41111111|tok-77/);

    // The same request is known again, and another one is not.
    expect((await shop.start(ORDER, headers)).status).toBe(202);
    expect((await shop.start(ORDER.replace('4111', '4222'), headers)).status).toBe(422);
  });

  test('is opened by the key that sealed it; without that it is stuck until the key is back', async () => {
    const ledger = await startLedger();
    const database = postgres.database('two');
    const config = (keys: readonly object[]): Section => ({
      plugins: { who: { module: resolve('test/operations/who.ts') } },
      ...configOf({ store: { postgres: database, keys }, url: ledger.url, saga: SAGA }),
    });
    const { url, change } = await startReloading(config([OLD]));
    const shop = new Shop(url);
    await shop.untilOpen();
    expect(await change(config([NEW, OLD]))).toMatchObject({
      result: 'applied',
      restartRequired: [],
    });
    const headers = { 'idempotency-key': 'rotated' };
    const again = (await (await shop.start(ORDER, headers)).json()) as Resource;
    await shop.ended(again.id);
    expect(postgres.dump('two')).toMatch(/\$sealed.{1,20}new:/);

    ledger.fault = async ({ path }) => {
      if (path !== '/payments') return undefined;
      // While the charge is under way, the key is lost: its undo cannot be filled in.
      await change(config([OLD]));
      return 'cut';
    };
    const lost = (await (await shop.start(ORDER)).json()) as Resource;
    expect(await shop.ended(lost.id)).toMatchObject({ status: 'stuck', failureReason: 'SEALED' });
    // The request of before is known again by a key that was replaced.
    await change(config([OLD, NEW]));
    expect((await shop.start(ORDER, headers)).status).toBe(202);
  });
});
