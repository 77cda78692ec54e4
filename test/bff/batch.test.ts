import { describe, expect, test } from 'vitest';
import { type BatchOptions, defineBff, optional, z } from '../../src/index.ts';
import { type FakeUpstream, testBff } from '../../src/testing.ts';
import { codeOf } from '../gateway/support/gateway.ts';

const Item = z.object({ id: z.coerce.string(), name: z.string() });
const Names = z.object({ names: z.array(z.string().nullable()) });
const LIST: BatchOptions = { list: '/items', parameter: 'ids', items: 'items' };

/** Answers `/names?ids=1,2` with the names of the items, each fetched by itself. */
const named = (options: Partial<BatchOptions> = {}, part: object = {}) =>
  defineBff(
    { upstreams: ['shop'], batch: { shop: { '/items/{id}': { ...LIST, ...options } } } },
    (app) => {
      app.get(
        '/names',
        { schema: { querystring: z.object({ ids: z.string() }), response: { 200: Names } } },
        async (request) => {
          const { shop } = request.upstreams;
          const { items: found } = await request.gather({
            items: request.query.ids
              .split(' ')
              .map((id) =>
                optional(shop.get('/items/{id}', { path: { id }, schema: Item, ...part }), null),
              ),
          });
          return { names: found.map((each) => each?.name ?? null) };
        },
      );
    },
  );

const item = (id: string | number) => ({ id, name: `n${id}` });

/** Has every item; answers lists in the reverse order, with an item that nobody asked for. */
const items: FakeUpstream = ({ path, query }) => {
  if (path !== '/items') return { body: item(path.slice('/items/'.length)) };
  const ids = [...new URLSearchParams(query).getAll('ids')].flatMap((text) => text.split(','));
  return { body: { items: [...ids.toReversed(), 'other'].map(item) } };
};

const range = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_each, i) => String(first + i));

async function ask(
  bff: ReturnType<typeof named>,
  ids: readonly string[],
  upstream: FakeUpstream = items,
) {
  await using gateway = await testBff(bff, { shop: upstream });
  const response = await gateway.fetch(`/names?ids=${encodeURIComponent(ids.join(' '))}`);
  const body = (await response.json()) as { readonly names?: readonly string[] };
  const calls = gateway.seen.map(({ path, query }) => path + query);
  return { status: response.status, headers: response.headers, names: body.names, calls };
}

describe('a batch', () => {
  test('makes one call of forty, in whatever order the list comes', async () => {
    const ids = range(1, 40);
    const { names, calls, headers } = await ask(named(), ids);
    expect(names).toEqual(ids.map((id) => `n${id}`));
    expect(calls).toEqual([`/items?ids=${ids.join(',')}`]);
    expect(headers.get('gateway-degraded')).toBeNull();
  });

  test('asks for an id once, and tells all who want it', async () => {
    const { names, calls } = await ask(named(), ['1', '2', '1', '2', '1']);
    expect(names).toEqual(['n1', 'n2', 'n1', 'n2', 'n1']);
    expect(calls).toEqual(['/items?ids=1,2']);
  });

  test('of one id is the call that was described', async () => {
    const { names, calls } = await ask(named(), ['7', '7']);
    expect(names).toEqual(['n7', 'n7']);
    expect(calls).toEqual(['/items/7']);
  });

  test('over its cap is several calls', async () => {
    const { names, calls } = await ask(named({ max: 2 }), range(1, 5));
    expect(names).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(calls).toEqual(['/items?ids=1,2', '/items?ids=3,4', '/items/5']);
  });

  test('is divided before its query is too long for servers', async () => {
    const ids = range(1, 12).map((id) => id.padStart(600, 'x'));
    const { names, calls } = await ask(named(), ids);
    expect(names).toHaveLength(12);
    expect(calls.map((call) => call.length > 4_200)).toEqual([false, false]);
  });

  test('repeats the parameter where the upstream wants that', async () => {
    const { names, calls } = await ask(named({ style: 'repeat' }), ['1', 'a,b'], () => ({
      body: { items: ['1', 'a,b'].map(item) },
    }));
    expect(names).toEqual(['n1', 'na,b']);
    expect(calls).toEqual(['/items?ids=1&ids=a%2Cb']);
  });

  test('leaves out an id that the list would take for two', async () => {
    const { calls } = await ask(named(), ['1', '2', 'a,b']);
    expect(calls.toSorted()).toEqual(['/items/a,b', '/items?ids=1,2']);
  });

  test('asks apart what differs in more than its id', async () => {
    const bff = defineBff(
      { upstreams: ['shop'], batch: { shop: { '/{of}/{id}': { ...LIST, list: '/{of}' } } } },
      (app) => {
        app.get('/', { schema: { response: { 200: z.string() } } }, async (request) => {
          const { shop } = request.upstreams;
          const of = (kind: string, id: string, more: object = {}) =>
            optional(shop.get('/{of}/{id}', { path: { of: kind, id }, ...more }), null);
          await request.gather([
            of('a', '1'),
            of('a', '2'),
            of('b', '1'),
            of('b', '2'),
            of('a', '3', { query: { full: true } }),
            of('a', '4', { query: { full: true } }),
            of('a', '5', { timeout: '1s' }),
            of('a', '6', { timeout: '1s' }),
            of('a', '7', { maxBodyBytes: 9_000 }),
            of('a', '8', { maxBodyBytes: 9_000 }),
          ]);
          return 'done';
        });
      },
    );
    await using gateway = await testBff(bff, { shop: items });
    await gateway.fetch('/');
    expect(gateway.seen.map(({ path, query }) => path + query).toSorted()).toEqual([
      '/a/7',
      '/a/8',
      '/a?full=true&ids=3,4',
      '/a?ids=1,2',
      '/a?ids=5,6',
      '/b?ids=1,2',
    ]);
  });

  test('takes parts of loops that run at the same time, and no later ones', async () => {
    const bff = defineBff(
      { upstreams: ['shop'], batch: { shop: { '/items/{id}': LIST } } },
      (app) => {
        app.get('/', { schema: { response: { 200: z.array(z.string()) } } }, async (request) => {
          const { shop } = request.upstreams;
          const name = async (id: string): Promise<string> => {
            await Promise.resolve();
            return (await shop.get('/items/{id}', { path: { id }, schema: Item })).name;
          };
          const first = await Promise.all([name('1'), name('2')]);
          return [...first, ...(await Promise.all([name('3'), name('4')]))];
        });
      },
    );
    await using gateway = await testBff(bff, { shop: items });
    expect(await (await gateway.fetch('/')).json()).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(gateway.seen.map(({ query }) => query)).toEqual(['?ids=1,2', '?ids=3,4']);
  });

  test('never mixes the parts of two requests', async () => {
    await using gateway = await testBff(named(), { shop: items });
    const both = await Promise.all(
      ['1 2', '3 4'].map((ids) => gateway.fetch(`/names?ids=${encodeURIComponent(ids)}`)),
    );
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(gateway.seen.map(({ query }) => query).toSorted()).toEqual(['?ids=1,2', '?ids=3,4']);
  });
});

describe('an element of a batch', () => {
  test('that is not in the list is missing alone', async () => {
    const { names, headers } = await ask(named(), ['1', '2', '3'], () => ({
      body: { items: [item(1), item(3)] },
    }));
    expect(names).toEqual(['n1', null, 'n3']);
    expect(headers.get('gateway-degraded')).toBe('items;reason=not-found');
  });

  test('that does not match the schema is missing alone', async () => {
    const { names, headers } = await ask(named(), ['1', '2'], () => ({
      body: { items: [{ id: 1 }, item(2)] },
    }));
    expect([names, headers.get('gateway-degraded')]).toEqual([
      [null, 'n2'],
      'items;reason=invalid',
    ]);
  });

  test('is the first with its id; elements without one are passed over', async () => {
    const { names } = await ask(named(), ['1', '2'], () => ({
      body: {
        items: [null, 'x', {}, item(1), { id: '1', name: 'second' }, { id: '2', name: 'b' }],
      },
    }));
    expect(names).toEqual(['n1', 'b']);
  });

  test('is found by the key, in a list that is the whole answer', async () => {
    const { names } = await ask(named({ items: '', key: 'sku' }), ['1', '2'], () => ({
      body: [
        { ...item(9), sku: '2' },
        { ...item(8), sku: '1' },
      ],
    }));
    expect(names).toEqual(['n8', 'n9']);
  });

  test('keeps the digits of its id as text, and is refused as a number that may be another', async () => {
    const big = ['9007199254740993', '9007199254740995'];
    const body = `{"items":[${big.map((id) => `{"id":${id},"name":"n${id.at(-1)}"}`).join()}]}`;
    expect((await ask(named({}, { numbers: 'text' }), big, () => ({ body }))).names).toEqual([
      'n3',
      'n5',
    ]);
    const { names, headers } = await ask(named(), big, () => ({ body }));
    expect([names, headers.get('gateway-degraded')]).toEqual([
      [null, null],
      'items;reason=invalid',
    ]);
  });
});

describe('a list that fails', () => {
  test.each<[string, FakeUpstream, string]>([
    ['503', () => ({ status: 503 }), 'status-503'],
    ['404, which says nothing of the elements', () => ({ status: 404 }), 'invalid'],
    ['no list', () => ({ body: { items: {} } }), 'invalid'],
    ['no JSON', () => ({ body: '<' }), 'invalid'],
  ])('fails all its parts, which are named once: %s', async (_what, upstream, reason) => {
    const { status, names, headers } = await ask(named(), ['1', '2', '3'], upstream);
    expect([status, names]).toEqual([200, [null, null, null]]);
    expect(headers.get('gateway-degraded')).toBe(`items;reason=${reason}`);
  });

  test('says nothing of its path to clients', async () => {
    const bff = defineBff(
      { upstreams: ['shop'], batch: { shop: { '/items/{id}': LIST } } },
      (app) => {
        app.get('/', { schema: { response: { 200: z.string() } } }, async (request) => {
          const { shop } = request.upstreams;
          await request.gather(['1', '2'].map((id) => shop.get('/items/{id}', { path: { id } })));
          return 'done';
        });
      },
    );
    await using gateway = await testBff(bff, { shop: () => ({ body: 1 }) });
    const response = await gateway.fetch('/');
    expect([response.status, await response.clone().text()]).toEqual([
      502,
      expect.not.stringContaining('/items'),
    ]);
    expect(await codeOf(response)).toBe('GW_UPSTREAM_INVALID');
  });
});
