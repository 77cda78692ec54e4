/** Parts that are called for each element of a list. */
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';

const listOf = (length: number) => Array.from({ length }, (_each, i) => ({ sku: `s${i}` }));

/** `order` has the items; `price` is called for each of them. */
const priced = (price: object = {}, more: object = {}) => ({
  all: {
    match: { path: '/{id}' },
    aggregate: {
      order: { upstream: 'orders', path: '/orders/{id}', pick: ['id'] },
      price: {
        upstream: 'prices',
        path: '/prices/{item.sku}',
        foreach: '{order.items}',
        ...price,
      },
    },
    ...more,
  },
});

/** Over fakes; the order is optional, so that nothing fails with it. */
const pricing = (items: unknown, price: FakeUpstream, part: object = {}, more: object = {}) =>
  startGateway({
    config: {
      upstreams: { prices: { retry: false, breaker: { consecutive: 1_000 } } },
      routes: priced(part, more),
    },
    upstreams: {
      orders: () => ({
        body: typeof items === 'string' ? items : JSON.stringify({ id: 1, items }),
      }),
      prices: price,
    },
  });

const bySku: FakeUpstream = ({ path }) => ({ body: { of: path.slice('/prices/'.length) } });

describe('foreach', () => {
  test('calls for each of 200 elements, eight at once, and keeps their order', async () => {
    let open = 0;
    let most = 0;
    let came = 0;
    const waiting: (() => void)[] = [];
    const release = (): void => waiting.pop()?.();
    const upstream: RequestListener = ({ url }, response) => {
      open += 1;
      came += 1;
      most = Math.max(most, open);
      waiting.push(() => {
        open -= 1;
        response.end(JSON.stringify({ of: url?.slice('/prices/'.length) }));
      });
      // The last one that came is answered first, and the first time there is room for a ninth to come.
      if (came === 8) setTimeout(release, 50);
      else if (came > 8) release();
      if (came === 200) while (waiting.length > 0) release();
    };
    const origin = await startUpstream(upstream);
    const { fetch } = await startGateway({
      config: {
        upstreams: { prices: { targets: [origin] } },
        routes: priced({ max: 200, pick: ['of'] }),
      },
      upstreams: { orders: () => ({ body: { id: 1, items: listOf(200) } }) },
    });

    const response = await fetch('/1');
    const { price } = (await response.json()) as { readonly price: unknown };

    expect(price).toEqual(listOf(200).map(({ sku }) => ({ of: sku })));
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(most).toBe(8);
  });

  test('has null in the place of an element that fails, and names it', async () => {
    const failing: FakeUpstream = (call) =>
      call.path.endsWith('/s3') ? { status: 500 } : bySku(call);
    const { fetch } = await pricing(listOf(200), failing, { max: 200 });

    const response = await fetch('/1');
    const { price } = (await response.json()) as { readonly price: readonly unknown[] };

    expect(response.headers.get('gateway-degraded')).toBe('price[3];reason=status-500');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(price).toHaveLength(200);
    expect(price.flatMap((each, i) => (each === null ? [i] : []))).toEqual([3]);
    expect(price[199]).toEqual({ of: 's199' });
  });

  test('names at most five elements, or says how many', async () => {
    const odd: FakeUpstream = (call) =>
      /[13579]$/.test(call.path) ? { status: 404 } : bySku(call);
    const few = await pricing(listOf(10), odd);
    expect((await few.fetch('/1')).headers.get('gateway-degraded')).toBe(
      [1, 3, 5, 7, 9].map((i) => `price[${i}];reason=not-found`).join(', '),
    );
    const many = await pricing(listOf(100), odd);
    expect((await many.fetch('/1')).headers.get('gateway-degraded')).toBe(
      'price[*];reason=not-found;count=50',
    );
  });

  test('fails as a whole if all elements do', async () => {
    const { fetch } = await pricing(listOf(3), () => ({ status: 500 }), { default: 'none' });
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ order: { id: 1 }, price: 'none' });
    expect(response.headers.get('gateway-degraded')).toBe('price;reason=status-500');
  });

  test('takes elements that are texts or numbers, and their places', async () => {
    const { fetch, seen } = await pricing('{"items":["a b",12345678901234567890,1.10]}', bySku, {
      path: '/prices/{item}/{index}',
      query: { i: '{index}', s: '{item}' },
      headers: { 'x-item': 'i={item}' },
    });
    await fetch('/1');
    expect(
      seen.slice(1).map(({ path, query, headers }) => [path + query, headers['x-item']]),
    ).toEqual([
      ['/prices/a%20b/0?i=0&s=a%20b', 'i=a%20b'],
      ['/prices/12345678901234567890/1?i=1&s=12345678901234567890', 'i=12345678901234567890'],
      ['/prices/1.10/2?i=2&s=1.10', 'i=1.10'],
    ]);
  });

  test('fails only the element whose value cannot stand there', async () => {
    const items = [{ sku: 'a' }, { sku: '..' }, {}, { sku: null }, null, { sku: 'b\r\nc' }, 7];
    const { fetch, seen } = await pricing(items, bySku);
    const response = await fetch('/1');
    const { price } = (await response.json()) as { readonly price: unknown };
    expect(price).toEqual([{ of: 'a' }, null, null, null, null, null, null]);
    expect(response.headers.get('gateway-degraded')).toBe('price[*];reason=invalid;count=6');
    expect(seen.map(({ path }) => path)).toEqual(['/orders/1', '/prices/a']);
  });

  test('may be over all of a part, and over the answers of another foreach', async () => {
    const { fetch, seen } = await startGateway({
      config: {
        routes: {
          all: {
            match: { path: '/' },
            aggregate: {
              ids: { upstream: 'up', path: '/ids' },
              user: { upstream: 'up', path: '/users/{item}', foreach: '{ids}' },
              city: { upstream: 'up', path: '/cities/{item.city}', foreach: '{user}' },
              first: { upstream: 'up', path: '/first/{user.0.city}' },
            },
          },
        },
      },
      upstreams: {
        up: ({ path }) => {
          if (path === '/ids') return { body: [1, 2] };
          return { body: path.startsWith('/users/') ? { city: `c${path.at(-1)}` } : { path } };
        },
      },
    });
    expect(await (await fetch('/')).json()).toEqual({
      ids: [1, 2],
      user: [{ city: 'c1' }, { city: 'c2' }],
      city: [{ path: '/cities/c1' }, { path: '/cities/c2' }],
      first: { path: '/first/c1' },
    });
    expect(seen).toHaveLength(6);
  });
});

describe('a list of foreach', () => {
  test.each<readonly [unknown, string | null, unknown]>([
    ['{"items":[]}', null, []],
    ['{"items":null}', null, []],
    ['{"id":1}', 'price;reason=no-value', undefined],
    ['{"items":{"0":"a","length":1}}', 'price;reason=not-a-list', undefined],
    ['{"items":"abc"}', 'price;reason=not-a-list', undefined],
    ['{"items":7}', 'price;reason=not-a-list', undefined],
    [JSON.stringify({ items: listOf(101) }), 'price;reason=too-many', undefined],
  ])('%s: %s', async (body, degraded, price) => {
    const { fetch, seen } = await pricing(body, bySku);
    const response = await fetch('/1');
    expect(response.headers.get('gateway-degraded')).toBe(degraded);
    expect(((await response.json()) as { readonly price: unknown }).price).toEqual(price);
    expect(seen).toHaveLength(1);
  });

  test('fails the part if the part with the list fails', async () => {
    const { fetch } = await startGateway({
      config: { routes: { all: { ...priced().all, aggregation: { minimum: 0 } } } },
      upstreams: { orders: () => ({ status: 404 }), prices: bySku },
    });
    expect((await fetch('/1')).headers.get('gateway-degraded')).toBe(
      'order;reason=not-found, price;reason=not-found',
    );
  });

  test('may be as long as max, and answers so long together', async () => {
    const { fetch } = await pricing(listOf(12), () => ({ body: `"${'x'.repeat(998)}"` }), {
      maxBody: '1000B',
    });
    expect((await fetch('/1')).headers.get('gateway-degraded')).toBe(
      'price[10];reason=too-large, price[11];reason=too-large',
    );
  });
});

describe('a required part with foreach', () => {
  test('fails the answer with its first failure, and ends the other calls', async () => {
    let ended = 0;
    const { fetch, gateway } = await pricing(
      listOf(20),
      ({ path, signal }) => {
        if (path.endsWith('/s5')) return { status: 500 };
        return new Promise(() => signal.listen({ onCancel: () => (ended += 1) }));
      },
      { required: true },
    );
    const response = await fetch('/1');
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
    expect(ended).toBe(7);
    for (const { slots, circuit } of gateway.status().upstreams) {
      expect([slots.used, circuit]).toEqual([0, 'closed']);
    }
  });

  test('is ended by a required sibling that fails', async () => {
    let ended = 0;
    let begun = 0;
    const aggregate = {
      ...priced().all.aggregate,
      must: { upstream: 'must', path: '/', required: true },
    };
    const { fetch } = await startGateway({
      config: {
        upstreams: { must: { retry: false } },
        routes: { all: { ...priced().all, aggregate } },
      },
      upstreams: {
        orders: () => ({ body: { items: listOf(50) } }),
        prices: ({ signal }) => {
          begun += 1;
          return new Promise(() => signal.listen({ onCancel: () => (ended += 1) }));
        },
        must: async () => {
          await expect.poll(() => begun).toBe(8);
          return { status: 500 };
        },
      },
    });
    expect((await fetch('/1')).status).toBe(502);
    expect([begun, ended]).toEqual([8, 8]);
  });
});

describe('the end of foreach', () => {
  test('a client that leaves ends all calls, and none is begun', async () => {
    let begun = 0;
    let ended = 0;
    const origin = await startUpstream((_request, response) => {
      begun += 1;
      response.once('close', () => (ended += 1));
    });
    const { url, gateway } = await startGateway({
      config: { upstreams: { prices: { targets: [origin] } }, routes: priced() },
      upstreams: { orders: () => ({ body: { items: listOf(50) } }) },
    });
    const leaving = new AbortController();
    const answer = fetch(`${url}/1`, { signal: leaving.signal });
    await expect.poll(() => begun).toBe(8);
    leaving.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expect.poll(() => ended).toBe(8);
    await expect
      .poll(() => gateway.status().upstreams.find(({ name }) => name === 'prices')?.slots.used)
      .toBe(0);
    expect(begun).toBe(8);
  });

  test('its timeout is for the whole list: what has come counts', async () => {
    const slow: FakeUpstream = (call) =>
      /[02]$/.test(call.path) ? bySku(call) : new Promise(() => {});
    const { fetch, gateway } = await pricing(listOf(5), slow, {
      timeout: '100ms',
      concurrency: 2,
    });
    const response = await fetch('/1');
    const { price } = (await response.json()) as { readonly price: unknown };
    expect(price).toEqual([{ of: 's0' }, null, { of: 's2' }, null, null]);
    expect(response.headers.get('gateway-degraded')).toBe(
      [1, 3, 4].map((i) => `price[${i}];reason=timeout`).join(', '),
    );
    expect(gateway.status().upstreams.find(({ name }) => name === 'prices')?.slots.used).toBe(0);
  });

  test('calls that fail at once do not pile up on the stack', async () => {
    const { fetch } = await pricing(listOf(1_000), () => ({ status: 500 }), {
      max: 1_000,
      path: '/{item.none}',
    });
    const response = await fetch('/1');
    expect(response.headers.get('gateway-degraded')).toBe('price;reason=no-value');
  });

  test('a mistake of the client’s is 400, whichever element finds it', async () => {
    const { url } = await pricing(listOf(3), bySku, { path: '/{item.sku}/{query.q}' });
    expect((await request(url, ['GET /1?q=.. HTTP/1.1', 'host: a'])).status).toBe(400);
  });
});
