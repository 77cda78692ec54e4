/** Calls of one request that are alike are made once. */
import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { type FakeUpstream, manualClock } from '../../src/testing.ts';

const order = { upstream: 'up', path: '/orders/1' };
const routes = (aggregate: object, more: object = {}) => ({
  all: { match: { path: '/{id}' }, aggregate, ...more },
});

/** The paths that the upstream is asked for, and the answer. */
async function asking(
  aggregate: object,
  {
    target = '/1',
    up = ({ path }) => ({ body: { path, items: ['a', 'b', 'a', 'a'] } }),
  }: {
    readonly target?: string;
    readonly up?: FakeUpstream;
  } = {},
) {
  const { fetch, seen } = await startGateway({
    config: { upstreams: { up: { retry: false } }, routes: routes(aggregate) },
    upstreams: { up },
  });
  const response = await fetch(target);
  return {
    response,
    answer: (await response.json()) as Readonly<Record<string, unknown>>,
    asked: seen.map(({ path, query }) => path + query),
  };
}

describe('calls that are alike', () => {
  test('are made once for the elements of a list', async () => {
    const { answer, asked } = await asking({
      order: { ...order, pick: ['path'] },
      each: { upstream: 'up', path: '/items/{item}', foreach: '{order.items}', pick: ['path'] },
    });
    expect(answer['each']).toEqual(
      ['a', 'b', 'a', 'a'].map((each) => ({ path: `/items/${each}` })),
    );
    expect(asked.toSorted()).toEqual(['/items/a', '/items/b', '/orders/1']);
  });

  test('are made once for parts, each with a shape of its own', async () => {
    const { answer, asked } = await asking(
      {
        one: { upstream: 'up', path: '/{id}', pick: ['path'] },
        other: { upstream: 'up', path: '/1', unwrap: 'items' },
        third: { upstream: 'up', path: '/{query.of}', pick: ['path'] },
      },
      { target: '/1?of=2' },
    );
    expect(answer).toEqual({
      one: { path: '/1' },
      other: ['a', 'b', 'a', 'a'],
      third: { path: '/2' },
    });
    expect(asked.toSorted()).toEqual(['/1', '/2']);
  });

  test('are made once for a part and the elements of another, also when the call is over', async () => {
    const { answer, asked } = await asking({
      a: { upstream: 'up', path: '/items/a', pick: ['path'] },
      order: { ...order, path: '/orders/{a.path}', pick: ['path'] },
      each: { upstream: 'up', path: '/items/{item}', foreach: '{order.items}', pick: ['path'] },
    });
    expect(answer['a']).toEqual({ path: '/items/a' });
    expect(asked.filter((path) => path === '/items/a')).toHaveLength(1);
  });

  test('fail for all who asked', async () => {
    const { response, asked } = await asking(
      {
        a: { upstream: 'up', path: '/{id}' },
        b: { upstream: 'up', path: '/1' },
        c: { upstream: 'up', path: '/c' },
      },
      { up: ({ path }) => ({ status: path === '/c' ? 200 : 500, body: 1 }) },
    );
    expect(response.headers.get('gateway-degraded')).toBe(
      'a;reason=status-500, b;reason=status-500',
    );
    expect(asked.toSorted()).toEqual(['/1', '/c']);
  });

  test.each<readonly [string, object]>([
    ['the query', { query: { x: '1' } }],
    ['a header', { headers: { 'x-v': '1' } }],
    ['the headers passed on', { forwardHeaders: ['x-sent'] }],
    ['the time', { timeout: '1s' }],
    ['the longest answer', { maxBody: '1KiB' }],
    ['what is told of its failure', { onError: 'detail' }],
  ])('are not alike if %s differs', async (_what, part) => {
    const { fetch, seen } = await startGateway({
      config: { routes: routes({ a: order, b: { ...order, ...part } }) },
      upstreams: { up: () => ({ body: 1 }) },
    });
    await fetch('/1', { headers: { 'x-sent': '1' } });
    expect(seen).toHaveLength(2);
  });

  test('of different requests are made for each', async () => {
    const { fetch, seen } = await startGateway({
      config: { routes: routes({ a: order, b: order }) },
      upstreams: { up: () => ({ body: 1 }) },
    });
    await Promise.all([fetch('/1'), fetch('/1')]);
    expect(seen).toHaveLength(2);
  });
});

test('a call goes on while somebody waits for it, after the time of a list is over', async () => {
  const clock = manualClock();
  const waiting = new Map<string, (answer: object) => void>();
  const { fetch, gateway } = await startGateway({
    clock,
    config: {
      routes: routes({
        list: { upstream: 'list', path: '/' },
        each: {
          upstream: 'up',
          path: '/{item}',
          foreach: '{list}',
          timeout: '200ms',
          concurrency: 1,
        },
        late: {
          upstream: 'up',
          path: '/{list.1}',
          timeout: '200ms',
          when: { parts: { late1: 1 } },
        },
        late1: { upstream: 'up', path: '/late' },
      }),
    },
    upstreams: {
      list: () => ({ body: ['a', 'b'] }),
      up: ({ path }) => new Promise((resolve) => waiting.set(path, resolve)),
    },
  });
  const answer = async (path: string) => {
    await expect.poll(() => waiting.has(path)).toBe(true);
    waiting.get(path)!({ body: 1 });
  };
  const response = fetch('/1');
  await expect.poll(() => waiting.size).toBe(2);

  // The list begins its second call half way, and another part joins it.
  clock.advance(100);
  await answer('/a');
  await expect.poll(() => waiting.has('/b')).toBe(true);
  await answer('/late');
  await new Promise(setImmediate);
  clock.advance(100);
  await answer('/b');

  const body: unknown = await (await response).json();
  expect(body).toEqual({ list: ['a', 'b'], each: [1, null], late: 1, late1: 1 });
  expect(gateway.status().upstreams.find(({ name }) => name === 'up')?.slots.used).toBe(0);
});
