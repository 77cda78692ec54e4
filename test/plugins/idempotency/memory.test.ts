import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemoryRecords } from '../../../plugins/idempotency/memory-records.ts';
import { Keys } from '../../../plugins/idempotency/keys.ts';
import { manualClock } from '../../helpers/clock.ts';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { startReloading } from '../../reload/reloading.ts';

const HOUR_MS = 3_600_000;

const record = (version: string, text = '', leaseMs = 0) => ({
  version,
  text,
  leaseMs,
  keepMs: 24 * HOUR_MS,
});

describe('records in memory', () => {
  test('are replaced only by whoever knows what stands there', async () => {
    const clock = manualClock();
    const store = new MemoryRecords(clock);
    const put = (expected: string | undefined, next: ReturnType<typeof record> | undefined) =>
      store.swap({ key: 'k', expected, next });
    expect(await put('a', record('b'))).toBe('absent');
    expect(await put(undefined, record('a', 'x', 100))).toBe('done');
    clock.advance(40);
    expect(await put(undefined, record('b'))).toEqual({ version: 'a', text: 'x', leaseMs: 60 });
    clock.advance(100);
    expect(await put('b', undefined)).toEqual({ version: 'a', text: 'x', leaseMs: 0 });
    expect(await put('a', undefined)).toBe('done');
    expect(await put(undefined, record('b'))).toBe('done');
  });

  test('make room, the oldest first, unless they are young or somebody has them', async () => {
    const clock = manualClock();
    const store = new MemoryRecords(clock, { records: 2, bytes: 10_000 });
    const add = (key: string, text = '', leaseMs = 0) =>
      store.swap({ key, expected: undefined, next: record('1', text, leaseMs) });
    await add('held', '', HOUR_MS);
    await add('old');
    await expect(add('new')).rejects.toMatchObject({ code: 'GW_DEPENDENCY_DOWN' });
    clock.advance(600_000);
    expect(await add('new')).toBe('done');
    expect(await add('held')).toMatchObject({ version: '1' });
    await expect(add('old')).rejects.toMatchObject({ code: 'GW_DEPENDENCY_DOWN' });
    clock.advance(600_000);
    await expect(add('long', 'x'.repeat(10_000))).rejects.toMatchObject({
      code: 'GW_DEPENDENCY_DOWN',
    });
  });
});

describe('a key that a request has', () => {
  test('is renewed as long as that runs, and is unknown 30 s after its gateway has died', async () => {
    const clock = manualClock();
    const records = new MemoryRecords(clock);
    const keys = new Keys(records, clock);
    const order = { key: 'k', fingerprint: 'f', keepMs: 24 * HOUR_MS, retriesUnknown: false };
    const taken = await keys.take(order);
    for (let i = 0; i < 12; i++) {
      clock.advance(10_000);
      await new Promise((done) => setImmediate(done));
      expect(await keys.take(order)).toEqual({ as: 'running' });
    }
    if (taken.as !== 'taken') throw new Error('it was free');
    await taken.held.free();
    expect(clock.pending).toBe(0);

    const next = { ...record('dead', JSON.stringify({ is: 'running', of: 'f' })), leaseMs: 30_000 };
    await records.swap({ key: 'k', expected: undefined, next });
    clock.advance(29_999);
    expect(await keys.take(order)).toEqual({ as: 'running' });
    clock.advance(1);
    expect(await keys.take(order)).toEqual({ as: 'unknown', why: 'lost' });
  });

  test('stays its own through a reload', async () => {
    const answer = Promise.withResolvers<void>();
    const up = await startUpstream((request, response) => {
      request.resume();
      void answer.promise.then(() => response.writeHead(201).end('done'));
    });
    const config = (path: string) => ({
      plugins: { who: { module: resolve('test/operations/who.ts') } },
      upstreams: { up: { targets: [up.url] } },
      routes: {
        pay: { match: [{ path: '/pay' }, { path }], who: {}, upstream: 'up', idempotency: {} },
      },
    });
    const { url, change } = await startReloading(config('/old'));
    const headers = { 'x-who': 'ada', 'idempotency-key': 'k' };
    const pay = async (signal?: AbortSignal): Promise<readonly [number, string]> => {
      const init = { method: 'POST', headers, body: 'x', ...(signal && { signal }) };
      const response = await fetch(`${url}/pay`, init);
      return [response.status, await response.text()];
    };
    const leaving = new AbortController();
    const left = pay(leaving.signal);
    await eventually(() => up.hits === 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(await change(config('/new'))).toMatchObject({ result: 'applied' });
    expect((await pay())[0]).toBe(409);
    answer.resolve();
    await expect.poll(() => pay()).toEqual([201, 'done']);
    expect(up.hits).toBe(1);
  });
});
