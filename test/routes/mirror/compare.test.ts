import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeAnswer } from '../../../src/testing.ts';
import {
  differencesOf,
  gate,
  type MirroredOptions,
  startMirrored,
  untilMirror,
} from './support.ts';

/** Both services answer, and the answers are compared. */
const comparing = (
  old: FakeAnswer | (() => FakeAnswer | Promise<FakeAnswer>),
  next: FakeAnswer | (() => FakeAnswer | Promise<FakeAnswer>),
  compare: object = {},
  more: MirroredOptions = {},
) =>
  startMirrored({
    ...more,
    mirror: { compare, ...more.mirror },
    upstreams: {
      old: typeof old === 'function' ? old : () => old,
      next: typeof next === 'function' ? next : () => next,
    },
  });

const JSON_TYPE = { 'content-type': 'application/json' };

/** What the metrics count of comparisons, by result. */
async function resultsOf({ gateway }: Awaited<ReturnType<typeof comparing>>) {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const lines = text.matchAll(/^portico_mirror_compared_total\{.*result="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, result, count]) => [result, Number(count)]));
}

const settled = (gateway: Awaited<ReturnType<typeof comparing>>, copies = 1) =>
  untilMirror(gateway, ({ open, outcomes }) => {
    const sum = Object.values(outcomes).reduce((total, count) => total + count, 0);
    return open === 0 && sum === copies;
  });

describe('comparing', () => {
  test('names the field that a new service answers wrongly, the share of answers, and that it is slower', async () => {
    const price = (path: string): number => Number(path.slice(1));
    const gateway = await startMirrored({
      mirror: { compare: { promote: { minimum: 20 } } },
      upstreams: {
        old: ({ path }) => ({ body: { items: [{ id: 1, price: price(path) }], total: 5 } }),
        next: async ({ path }) => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          const wrong = price(path) % 4 === 0 ? 1 : 0;
          return { body: { total: 5, items: [{ id: 1, price: price(path) + wrong }] } };
        },
      },
    });
    for (let i = 1; i <= 20; i++) await gateway.fetch(`/${i}`);
    const { comparison } = await settled(gateway, 20);
    expect(comparison).toMatchObject({
      compared: 20,
      different: 5,
      ratio: 0.25,
      fields: [{ field: 'items[].price', answers: 5 }],
      advice: 'not yet: 25% differ, and 0.1% may',
    });
    const [slower, faster] = [comparison!.mirror!, comparison!.primary!];
    expect(slower.meanMs).toBeGreaterThan(faster.meanMs);
    expect(await resultsOf(gateway)).toEqual({ same: 15, different: 5 });
  });

  test('says `promote` once enough answers are the same', async () => {
    const compare = { promote: { minimum: 2, mismatches: '0%' } };
    const gateway = await comparing({ body: [1] }, { body: [1.0] }, compare);
    await gateway.fetch('/');
    expect((await settled(gateway)).comparison!.advice).toBe('not yet: 1 of 2 compared');
    await gateway.fetch('/');
    expect((await settled(gateway, 2)).comparison!.advice).toBe('promote');
  });

  test('forgets a fault that has been repaired', async () => {
    let price = 2;
    const compare = { promote: { minimum: 2 } };
    const gateway = await comparing({ body: 1 }, () => ({ body: price }), compare);
    for (let i = 1; i <= 6; i++) {
      if (i === 3) price = 1;
      await gateway.fetch('/');
      await settled(gateway, i);
    }
    expect((await settled(gateway, 6)).comparison).toMatchObject({
      different: 0,
      fields: [],
      advice: 'promote',
    });
  });

  test('keeps what differed without the values, and never those of secrets', async () => {
    const old = { body: { name: 'Ada', token: 'abc', age: 36 }, headers: { 'set-cookie': 'a=1' } };
    const next = { body: { name: 'Bob!', token: 'abd', age: 37 }, status: 201 };
    const gateway = await comparing(old, next, { headers: ['set-cookie'] });
    await gateway.fetch('/people/1?key=secret');
    await settled(gateway);
    const [seen] = await differencesOf(gateway);
    expect(seen).toMatchObject({
      method: 'GET',
      path: '/people/1',
      primary: { status: 200 },
      mirror: { status: 201 },
      differences: [
        { path: ':status', kind: 'value', primary: '200', mirror: '201' },
        { path: 'header:set-cookie', kind: 'missing', primary: 'string(3)', mirror: 'absent' },
        { path: 'name', kind: 'value', primary: 'string(3)', mirror: 'string(4)' },
        { path: 'token', kind: 'value', primary: 'string(3)', mirror: 'string(3)' },
        { path: 'age', kind: 'value', primary: 'number', mirror: 'number' },
      ],
    });
    const shown = await comparing(old, next, { showValues: true });
    await shown.fetch('/');
    await settled(shown);
    const values = (await differencesOf(shown))[0]!.differences.map(({ mirror }) => mirror);
    expect(values).toEqual(['201', '"Bob!"', 'string(3)', '37']);
  });

  test('keeps only the last answers that differed, and none if none is wanted', async () => {
    const gateway = await comparing({ body: 1 }, { body: 2 }, { keep: 2 });
    for (const [i, path] of ['/1', '/2', '/3'].entries()) {
      await gateway.fetch(path);
      await settled(gateway, i + 1);
    }
    expect((await differencesOf(gateway)).map(({ path }) => path)).toEqual(['/3', '/2']);
    const forgetful = await comparing({ body: 1 }, { body: 2 }, { keep: 0 });
    await forgetful.fetch('/');
    expect((await settled(forgetful)).comparison).toMatchObject({ different: 1 });
    expect(await differencesOf(forgetful)).toEqual([]);
  });

  test('decodes bodies: a compressed answer is the same as a plain one', async () => {
    const body = gzipSync('{"a":1}');
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const gateway = await comparing({ body: { a: 1 } }, { body, headers });
    await gateway.fetch('/');
    expect((await settled(gateway)).comparison).toMatchObject({ compared: 1, different: 0 });
  });

  test.each([
    ['of an unknown coding', { body: 'x', headers: { 'content-encoding': 'rot13' } }, 'unreadable'],
    ['that do not decode', { body: 'x', headers: { 'content-encoding': 'gzip' } }, 'unreadable'],
    ['that are too long', { body: 'x'.repeat(2_000), headers: {} }, 'large'],
    [
      'that are too long once decoded',
      { body: gzipSync('x'.repeat(100_000)), headers: { 'content-encoding': 'gzip' } },
      'large',
    ],
  ])('does not judge bodies %s', async (_what, next, result) => {
    const plain = { headers: { 'content-type': 'text/plain' } };
    const answer = { ...next, headers: { ...plain.headers, ...next.headers } };
    const gateway = await comparing({ ...plain, body: 'y' }, answer, { maxBody: '1KiB' });
    await gateway.fetch('/');
    expect((await settled(gateway)).comparison).toMatchObject({ compared: 0 });
    expect(await resultsOf(gateway)).toEqual({ [result]: 1 });
  });

  test('compares what is no JSON byte by byte, and JSON with what is none not at all alike', async () => {
    const text = (body: string) => ({ body, headers: { 'content-type': 'text/plain' } });
    const gateway = await comparing(text('old'), text('other'));
    await gateway.fetch('/');
    await settled(gateway);
    expect((await differencesOf(gateway))[0]!.differences).toEqual([
      { path: ':body', kind: 'value', primary: '3 bytes', mirror: '5 bytes' },
    ]);
  });

  test('counts a mirror that does not answer as one that differs', async () => {
    const gateway = await comparing(
      { body: 1 },
      () => {
        throw new TypeError('cut');
      },
      {},
    );
    await gateway.fetch('/');
    await settled(gateway);
    expect((await differencesOf(gateway))[0]!.differences).toEqual([
      { path: ':status', kind: 'value', primary: '200', mirror: 'GW_INTERNAL' },
    ]);
  });

  test('does not judge what the client did not get whole: a fallback, or nothing', async () => {
    const gateway = await comparing(
      { status: 503 },
      { body: 1 },
      {},
      {
        route: { fallback: { respond: { body: { a: 1 } } }, retry: false },
      },
    );
    expect(await (await gateway.fetch('/')).json()).toEqual({ a: 1 });
    await settled(gateway);
    expect(await resultsOf(gateway)).toEqual({ failed: 1 });
  });

  test('does not wait for a mirror, nor hold up the client with the copy of its answer', async () => {
    const answer = gate();
    const gateway = await comparing({ body: { a: 1 } }, () => answer.promise.then(() => ({})));
    expect(await (await gateway.fetch('/')).json()).toEqual({ a: 1 });
    answer.resolve();
    expect((await settled(gateway)).comparison).toMatchObject({ compared: 1, different: 1 });
  });

  test('does not judge answers to conditional requests: their validators are of one service', async () => {
    const gateway = await comparing({ status: 304 }, { body: 1 });
    for (const name of ['if-none-match', 'If-Modified-Since', 'if-match', 'if-range']) {
      await gateway.fetch('/', { headers: { [name]: '"a"' } });
    }
    expect((await settled(gateway, 4)).comparison).toMatchObject({ compared: 0 });
    expect(await resultsOf(gateway)).toEqual({});
  });

  test('looks at a share of the copies alone', async () => {
    const draws = [0.6, 0.4];
    const gateway = await comparing(
      { body: 1 },
      { body: 1 },
      { percent: 50 },
      {
        random: () => draws.shift() ?? 0.99,
      },
    );
    for (const path of ['/1', '/2']) await gateway.fetch(path);
    expect((await settled(gateway, 2)).comparison).toMatchObject({ compared: 1 });
  });
});
