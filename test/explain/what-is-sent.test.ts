import { expect, test } from 'vitest';
import { explanationLines } from '../../src/cli/print-explanation.ts';
import { asking } from './asking.ts';

test('an aggregate tells which parts the request does not ask for', async () => {
  const { explain, calls } = await asking({
    routes: {
      summary: {
        match: { path: '/summary/{id}' },
        aggregate: {
          order: { upstream: 'up', path: '/orders/{id}' },
          gift: { upstream: 'up', path: '/gifts', when: { parts: { 'order.gift': true } } },
          user: { upstream: 'up', path: '/users', when: { query: { expand: 'user' } } },
          friends: { upstream: 'up', path: '/users/{user.id}/friends' },
        },
      },
    },
  });
  const whenOf = async (target: string) =>
    (await explain(target)).calls.map(({ name, when }) => [name, when ?? 'called']);
  expect(await whenOf('/summary/7')).toEqual([
    ['order', 'called'],
    ['gift', 'unknown'],
    ['user', 'unmet'],
    ['friends', 'unmet'],
  ]);
  expect(await whenOf('/summary/7?expand=user')).toEqual([
    ['order', 'called'],
    ['gift', 'unknown'],
    ['user', 'called'],
    ['friends', 'called'],
  ]);
  const lines = explanationLines(await explain('/summary/7'));
  expect(lines).toContain('  would call up, up');
  expect(lines).toContain('  user: not called, its condition does not hold');
  expect(lines.find((line) => line.startsWith('  gift: '))).toContain('if its condition holds');
  expect(calls).toEqual([]);
});

test('an aggregate tells which parts a client does not ask for', async () => {
  const { explain, calls } = await asking({
    routes: {
      summary: {
        match: { path: '/summary/{id}' },
        aggregation: { fields: true },
        aggregate: {
          order: { upstream: 'up', path: '/orders/{id}' },
          user: { upstream: 'up', path: '/users/{order.user}' },
          reviews: { upstream: 'up', path: '/reviews/{id}' },
        },
      },
    },
  });
  const explained = await explain('/summary/7?fields=user(name)');
  expect(explained.calls.map(({ name, when }) => [name, when ?? 'called'])).toEqual([
    ['order', 'called'],
    ['user', 'called'],
    ['reviews', 'unasked'],
  ]);
  expect(explanationLines(explained)).toContain('  would call up, up');
  expect(explanationLines(explained)).toContain(
    '  reviews: not called, none of its fields is asked for',
  );
  expect(calls).toEqual([]);
});

test('an aggregate tells which parts are called for each element of a list', async () => {
  const { explain } = await asking({
    routes: {
      summary: {
        match: { path: '/summary/{id}' },
        aggregate: {
          order: { upstream: 'up', path: '/orders/{id}' },
          price: { upstream: 'up', path: '/prices/{item.sku}', foreach: '{order.items}', max: 50 },
        },
      },
    },
  });
  const told = await explain('/summary/7');
  expect(told.calls[1]).toMatchObject({
    path: '/prices/{item.sku}',
    after: ['order'],
    foreach: { of: '{order.items}', concurrency: 8, max: 50 },
  });
  expect(explanationLines(told).find((line) => line.startsWith('  price: '))).toContain(
    'after order; for each of {order.items}, at most 50, 8 at once',
  );
});

test('an aggregate tells which upstream is asked where a part fails', async () => {
  const fallback = { upstream: 'other', path: '/archive/{id}' };
  const { explain, calls } = await asking({
    routes: {
      summary: {
        match: { path: '/summary/{id}' },
        aggregate: { order: { upstream: 'up', path: '/orders/{id}', fallback } },
      },
    },
  });
  const told = await explain('/summary/7');
  expect(told.calls[0]).toMatchObject({ upstream: 'up', otherwise: 'other' });
  expect(explanationLines(told).find((line) => line.startsWith('  order: '))).toContain(
    'if it fails, other is asked; optional',
  );
  expect(calls).toEqual([]);
});

test('an aggregate tells its parts, and which of them wait for others', async () => {
  const { explain, calls } = await asking({
    routes: {
      summary: {
        match: { path: '/summary/{id}' },
        aggregate: {
          order: { upstream: 'up', path: '/orders/{id}', required: true },
          user: { upstream: 'other', path: '/users/{order.userId}' },
          stock: { upstream: 'other', path: '/stock', query: { of: '{query.of}' } },
        },
      },
    },
  });
  const told = await explain('/summary/7?of=secret');
  expect(told.calls.map(({ name, path, query, after }) => [name, path, query, after])).toEqual([
    ['order', '/orders/7', '', []],
    ['user', '/users/{order.userId}', '', ['order']],
    ['stock', '/stock', '?of=…', []],
  ]);
  expect(told.calls.map(({ isRequired }) => isRequired)).toEqual([true, false, false]);
  expect(told.upstreams.map(({ name }) => name)).toEqual(['up', 'other']);
  const refused = await explain('/summary/..%00');
  expect(refused.outcome).toMatchObject({ kind: 'refused', status: 400 });
  expect(calls).toEqual([]);
});

test('a fallback is told, and the upstream that it calls', async () => {
  const { explain } = await asking({
    routes: {
      all: { match: { path: '/*' }, upstream: 'up', fallback: { upstream: 'other', on: ['5xx'] } },
    },
  });
  const { fallback, upstreams } = await explain('/x');
  expect(fallback).toEqual({ on: ['5xx'], upstream: 'other' });
  expect(upstreams.map(({ name }) => name)).toEqual(['up', 'other']);
});

test('a hash tells the target, as long as the request has what is hashed', async () => {
  const { explain } = await asking({
    upstreams: {
      up: {
        targets: ['http://one.invalid', 'http://two.invalid'],
        balance: { hash: 'header:x-user' },
      },
    },
    routes: { all: { match: { path: '/*' }, upstream: 'up' } },
  });
  const headers = { 'x-user': 'alice' };
  const [first] = (await explain('/x', { headers })).calls;
  const [second] = (await explain('/y', { headers })).calls;
  expect(first?.target).toMatch(/^http:\/\/(one|two)\.invalid$/);
  expect(second?.target).toBe(first?.target);
  expect((await explain('/x')).calls[0]).not.toHaveProperty('target');
});

test('the policies have the numbers of the route, and the state of now', async () => {
  const { explain, gateway } = await asking({
    admin: { port: 0 },
    upstreams: { up: { timeout: '3s', bulkhead: { concurrency: 7 } } },
    routes: { all: { match: { path: '/*' }, upstream: 'up', deadline: '4s', retry: false } },
  });
  const [before] = (await explain('/x')).upstreams;
  expect(before).toMatchObject({ circuit: 'closed', slots: { used: 0, queued: 0 } });
  expect(before?.policies).toMatchObject({
    deadlineMs: 4_000,
    timeoutMs: 3_000,
    retry: false,
    bulkhead: { concurrency: 7, queue: 32 },
  });
  await fetch(`${gateway.adminUrl}/upstreams/up/circuit`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"state":"open"}',
  });
  expect((await explain('/x')).upstreams[0]?.circuit).toBe('forced-open');
});

test('a BFF tells its endpoint, with what that narrows, and the upstreams of its code', async () => {
  const bff = new URL('fixtures/places.ts', import.meta.url).pathname;
  const { explain } = await asking({ routes: { places: { match: { path: '/m/*' }, bff } } });
  const told = await explain('/m/x/7');
  expect(told.route).toMatchObject({ endpoint: '/x/:id' });
  expect(told.outcome).toEqual({ kind: 'called', isCertain: true });
  expect(told.notes).toEqual(['the code of the BFF was not run']);
  expect((await explain('/m/y')).outcome).toMatchObject({ status: 403, by: 'ip' });
  const unknown = await explain('/m/nowhere');
  expect(unknown.outcome).toMatchObject({ status: 404, code: 'GW_ROUTE_NOT_FOUND' });
});

test('schemas of an endpoint are not run, and may refuse', async () => {
  const bff = new URL('../bff/fixtures/shop.ts', import.meta.url).pathname;
  const { explain } = await asking({
    plugins: {
      trace: { module: new URL('../plugins/fixtures/trace.ts', import.meta.url).pathname },
    },
    upstreams: {
      items: { targets: ['http://a.invalid'] },
      stock: { targets: ['http://b.invalid'] },
    },
    routes: { shop: { match: { path: '/m/*' }, bff } },
  });
  const checked = await explain('/m/checked/abc');
  expect(checked.outcome).toEqual({ kind: 'called', isCertain: false });
  expect(checked.notes).toEqual([
    'the code of the BFF was not run, nor were the schemas of its endpoint, which may refuse the request',
  ]);
  expect(checked.upstreams.map(({ name }) => name)).toEqual(['items', 'stock']);
  expect((await explain('/m/items/1')).outcome.isCertain).toBe(true);
});

test('the address of the client is that of the question', async () => {
  const { explain } = await asking({
    server: { trustedProxies: ['10.0.0.0/8'] },
    routes: {
      all: { match: { path: '/*' }, upstream: 'up', ip: { allow: ['203.0.113.0/24'] } },
    },
  });
  expect((await explain('/x')).outcome).toMatchObject({ status: 403, by: 'ip' });
  const address = '203.0.113.7';
  expect((await explain('/x', { address })).outcome.kind).toBe('called');
  const headers = { 'x-forwarded-for': address };
  const behind = await explain('/x', { address: '10.1.1.1', headers });
  expect(behind.outcome.kind).toBe('called');
  expect(behind.request.address).toBe(address);
});

test('a request for a WebSocket is told as one, and refused by its own rules', async () => {
  const { explain, calls } = await asking({
    routes: {
      live: {
        match: { path: '/live' },
        upstream: 'up',
        websocket: { origins: ['https://shop.example'] },
        stream: { idle: '2m' },
      },
      plain: { match: { path: '/plain' }, upstream: 'up' },
    },
  });
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const told = await explain('/live', { headers });
  expect(told.calls).toMatchObject([{ upstream: 'up', opens: 'websocket' }]);
  expect(told.upstreams[0]).toMatchObject({
    streams: { open: 0, most: 1_000 },
    policies: { streamIdleMs: 120_000 },
  });
  const page = await explain('/live', { headers: { ...headers, origin: 'https://evil.example' } });
  expect(page.outcome).toMatchObject({ kind: 'refused', status: 403, code: 'GW_ORIGIN_DENIED' });
  const broken = await explain('/live', { headers: { ...headers, 'sec-websocket-key': 'x' } });
  expect(broken.outcome).toMatchObject({ kind: 'refused', status: 400 });
  for (const [path, asked] of [
    ['/live', {}],
    ['/plain', { headers }],
  ] as const) {
    expect((await explain(path, asked)).calls[0]).not.toHaveProperty('opens');
  }
  expect(calls).toEqual([]);
});
