import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describePostgres, ownPostgres } from '../../helpers/postgres.ts';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { keyed, type Keyed, type KeyedOptions } from './keyed.ts';

/** Engines start slowly on a busy machine. */
const PATIENCE_MS = 120_000;

/** An upstream that makes a payment for each call. A slow one is answered when the test says so. */
async function payments() {
  const slow = Promise.withResolvers<void>();
  let made = 0;
  const up = await startUpstream((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      made += 1;
      const answer = `{"payment":${made}}`;
      const open = body === 'slow' ? slow.promise : Promise.resolve();
      void open.then(() => response.writeHead(201).end(answer));
    });
  });
  return {
    url: up.url,
    slow,
    get made() {
      return made;
    },
  };
}

/** Its store is open. */
async function over(store: object, options: KeyedOptions): Promise<Keyed> {
  const gateway = await keyed({
    ...options,
    store: 'durable',
    config: { store: { timeout: '5s', ...store } },
  });
  const isOpen = async (): Promise<number> => (await gateway.pay({ key: 'a', who: 'who' })).status;
  await expect.poll(isOpen, { timeout: PATIENCE_MS }).toBe(201);
  return gateway;
}

describePostgres('idempotency keys in Postgres', { timeout: PATIENCE_MS }, () => {
  const postgres = ownPostgres();

  test('200 requests with one key at two gateways are one payment, of which a hash is kept', async () => {
    const up = await payments();
    const store = { postgres: postgres.database('doubles') };
    const gateways = [await over(store, up), await over(store, up)];
    expect(up.made).toBe(1);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => gateways[i % 2]!.pay({ key: 'card-4242' })),
    );
    expect(up.made).toBe(2);
    const other = answers.filter(({ text }) => text !== '{"payment":2}');
    expect(other.filter(({ code }) => code !== 'GW_IDEMPOTENCY_RUNNING')).toEqual([]);
    for (const gateway of gateways) {
      const again = await gateway.pay({ key: 'card-4242' });
      expect(again).toMatchObject({ isReplayed: true, status: 201, text: '{"payment":2}' });
    }
    const mismatch = await gateways[0]!.pay({ key: 'card-4242', body: 'other' });
    expect(mismatch.code).toBe('GW_IDEMPOTENCY_MISMATCH');
    expect(postgres.sql('SELECT count(*) FROM portico.record', 'doubles')).toBe('2');
    expect(postgres.dump('doubles')).not.toContain('4242');
  });

  test('of a gateway that died are unknown once its lease has run out, and may be sent again', async () => {
    const up = await payments();
    const store = { postgres: postgres.database('leases') };
    const gateway = await over(store, up);
    const retrying = await over(store, { ...up, idempotency: { onUnknown: 'retry' } });
    await gateway.pay({ key: 'k' });
    const running = (lease: string): string =>
      postgres.sql(
        `UPDATE portico.record SET value = (value::jsonb - 'answer' || '{"is":"running"}')::text,
           leased_until = now() + interval '${lease}'`,
        'leases',
      );
    running('1 minute');
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_RUNNING');
    running('-1 second');
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
    expect((await retrying.pay({ key: 'k' })).text).toBe('{"payment":3}');
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(true);
    postgres.sql(`UPDATE portico.record SET expires_at = now()`, 'leases');
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(false);
  });

  test('of requests whose clients have left are written before a gateway has stopped', async () => {
    const up = await payments();
    const store = { postgres: postgres.database('stops') };
    const first = await over(store, up);
    const leave = first.begin({ key: 'k', body: 'slow' });
    await eventually(() => up.made === 2);
    leave();
    // By now it is known to have left.
    await first.pay({ key: 'other' });
    const closed = first.gateway.close();
    up.slow.resolve();
    await closed;
    const second = await over(store, up);
    expect(await second.pay({ key: 'k', body: 'slow' })).toMatchObject({
      isReplayed: true,
      text: '{"payment":2}',
    });
  });

  test('of a store that is away are 503, and nothing is sent', async () => {
    const up = await payments();
    const gateway = await over({ postgres: postgres.database('away') }, up);
    await postgres.kill();
    const answer = await gateway.pay({ key: 'k' });
    expect([answer.status, answer.code]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
    expect(up.made).toBe(1);
    await postgres.start();
    const pay = async (): Promise<number> => (await gateway.pay({ key: 'k' })).status;
    await expect.poll(pay, { timeout: PATIENCE_MS }).toBe(201);
    expect(up.made).toBe(2);
  });
});

describe('idempotency keys in an embedded store', { timeout: PATIENCE_MS }, () => {
  test('survive the gateway', async () => {
    const up = await payments();
    const folder = mkdtempSync(join(tmpdir(), 'portico-embedded-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = { embedded: join(folder, 'store') };
    const first = await over(store, up);
    await first.pay({ key: 'k' });
    await first.gateway.close();
    const second = await over(store, up);
    expect((await second.pay({ key: 'k' })).isReplayed).toBe(true);
    expect(up.made).toBe(2);
  });
});
