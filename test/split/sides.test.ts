/** A side is a forward action: what a forwarded route may have works for it. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { echo, opened, wsUpstream } from '../websocket/support.ts';
import { SIDES, splitGateway } from './support.ts';

const ALL_NEW = [{ upstream: 'old' }, { upstream: 'new', weight: 100 }];

test('bodies and methods reach the side, and its answer the client', async () => {
  const { fetch, seen } = await splitGateway(ALL_NEW, {
    upstreams: {
      new: async (request) => ({ status: 201, headers: { 'x-got': await request.text() } }),
    },
  });
  const response = await fetch('/orders?x=1', { method: 'POST', body: 'hello' });
  expect([response.status, response.headers.get('x-got')]).toEqual([201, 'hello']);
  expect(seen.map(({ upstream, method, path, query }) => [upstream, method, path, query])).toEqual([
    ['new', 'POST', '/orders', '?x=1'],
  ]);
});

test('a side rewrites as it says, and otherwise as the route does', async () => {
  const split = [
    { upstream: 'old' },
    { upstream: 'new', weight: 0, rewrite: '/v2/*', when: { query: { v: '2' } } },
  ];
  const { fetch, seen } = await splitGateway(split, { route: { rewrite: '/v1/*' } });
  await fetch('/a');
  await fetch('/a?v=2');
  expect(seen.map(({ upstream, path }) => [upstream, path])).toEqual([
    ['old', '/v1/a'],
    ['new', '/v2/a'],
  ]);
});

test('bounds of the route hold for each side', async () => {
  const { sideOf } = await splitGateway(ALL_NEW, {
    route: { deadline: '50ms' },
    upstreams: { new: () => new Promise(() => undefined) },
  });
  expect(await sideOf()).toBe('504');
});

test('keys of the route about streams hold for each side', async () => {
  const { gateway } = await splitGateway(ALL_NEW, { route: { stream: { idle: '7s' } } });
  expect(gateway.config.routes[0]!.overrides).toMatchObject({ streamIdleMs: 7_000 });
});

describe('a failed call', () => {
  const upstreams = { new: () => ({ status: 500 }) };

  test('goes to no other side by itself', async () => {
    const { sideOf, seen } = await splitGateway(ALL_NEW, { upstreams });
    expect(await sideOf()).toBe('500');
    expect(seen.map(({ upstream }) => upstream)).toEqual(['new']);
  });

  test('goes to the fallback of the route, which may be another side, and is counted all the same', async () => {
    const split = [
      { upstream: 'old' },
      { upstream: 'new', weight: 100, abort: { errors: '0%', minimum: 2 } },
    ];
    const { sidesOf, seen, gateway, sideOf } = await splitGateway(split, {
      route: { fallback: { upstream: 'old' } },
      upstreams,
    });
    expect(await sidesOf(3)).toEqual(['old', 'old', 'old']);
    expect(seen.map(({ upstream }) => upstream)).toEqual(['new', 'old', 'new', 'old', 'old']);
    expect(gateway.status().routes[0]!.sides![1]!.aborted?.why).toContain('2 of 2 calls');
    expect(await sideOf()).toBe('old');
  });

  test('of the fallback itself has none', async () => {
    const { sideOf, seen } = await splitGateway(SIDES, {
      random: () => 0.5,
      route: { fallback: { upstream: 'old' } },
      upstreams: { old: () => ({ status: 503 }) },
      config: { defaults: { upstreams: { retry: false } } },
    });
    expect(await sideOf()).toBe('503');
    expect(seen).toHaveLength(1);
  });
});

describe('a WebSocket', () => {
  test('opens at the side of its handshake, and stays there', async () => {
    const target = await wsUpstream((socket) => {
      socket.send('new');
      echo(socket);
    });
    const { url, order } = await splitGateway(ALL_NEW, {
      route: { websocket: true },
      config: { upstreams: { new: { targets: [target] } } },
      upstreams: { new: undefined },
    });
    const client = await opened({ url });
    await order({ side: 'new', state: 'aborted' });
    client.send('still here');
    const [data] = (await once(client, 'message')) as [Buffer];
    expect(['new', 'still here']).toContain(data.toString());
    expect(client.readyState).toBe(WebSocket.OPEN);
  });

  test('that cannot be opened counts as a failed call', async () => {
    const { url, gateway } = await splitGateway(
      [{ upstream: 'old' }, { upstream: 'new', weight: 100, abort: { errors: '0%', minimum: 1 } }],
      {
        route: { websocket: true },
        config: { upstreams: { new: { targets: ['http://127.0.0.1:9'], retry: false } } },
        upstreams: { new: undefined },
      },
    );
    await expect(opened({ url })).rejects.toThrow();
    expect(gateway.status().routes[0]!.sides![1]!.aborted).toBeDefined();
  });
});
