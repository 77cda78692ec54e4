import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { mounted } from './mounted.ts';

const item = { id: 'i1', name: 'Item', secret: 1 };
const never = () => new Promise<never>(() => {});

describe('gather', () => {
  test('runs its parts side by side, and keeps what their schemas name', async () => {
    let open = 0;
    const together = async () => {
      open += 1;
      await expect.poll(() => open).toBe(2);
    };
    const { fetch } = await mounted({
      items: async () => {
        await together();
        return { body: item };
      },
      stock: async () => {
        await together();
        return { body: { left: 3, secret: 1 } };
      },
    });

    const response = await fetch('/m/both');

    expect(await response.json()).toEqual({ item: { id: 'i1', name: 'Item' }, stock: { left: 3 } });
    expect(response.headers.get('gateway-degraded')).toBeNull();
  });

  test.each<readonly [string, () => { status?: number; body?: unknown } | Promise<never>, string]>([
    ['fails', () => ({ status: 500 }), 'status-500'],
    ['is not there', () => ({ status: 404 }), 'not-found'],
    ['is too slow', never, 'timeout'],
    ['is not what it must be', () => ({ body: { left: 'few' } }), 'invalid'],
    ['is no JSON', () => ({ body: '<' }), 'invalid'],
    [
      'meets a bug',
      () => {
        throw new TypeError('bug');
      },
      'error',
    ],
  ])('stands for an optional part that %s, and names it', async (_what, stock, reason) => {
    const { fetch } = await mounted({ items: () => ({ body: item }), stock });

    const response = await fetch('/m/both');

    expect([response.status, await response.json()]).toEqual([
      200,
      { item: { id: 'i1', name: 'Item' }, stock: null },
    ]);
    expect(response.headers.get('gateway-degraded')).toBe(`stock;reason=${reason}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('ends the siblings of a required part that fails', async () => {
    let ended: unknown;
    const { fetch, gateway } = await mounted({
      items: () => ({ status: 404 }),
      stock: (request: UpstreamRequest) => {
        request.signal.listen({ onCancel: (reason: unknown) => (ended = reason) });
        return never();
      },
    });

    const response = await fetch('/m/both');

    expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
    expect(ended).toMatchObject({ message: 'no longer needed: another part failed' });
    for (const { slots, circuit } of gateway.status().upstreams) {
      expect([slots.used, circuit]).toEqual([0, 'closed']);
    }
  });

  test.each([
    [() => ({ status: 403 }), 502, 'GW_UPSTREAM_INVALID'],
    [() => ({ status: 500 }), 502, 'GW_UPSTREAM_INVALID'],
    [() => ({ body: { id: 1 } }), 502, 'GW_UPSTREAM_INVALID'],
    [() => ({ body: 'x'.repeat(2_000_000) }), 502, 'GW_UPSTREAM_INVALID'],
    [
      () => {
        throw new GatewayError('GW_CIRCUIT_OPEN', 'open');
      },
      503,
      'GW_CIRCUIT_OPEN',
    ],
    [
      () => {
        throw new GatewayError('GW_UPSTREAM_TIMEOUT', 'late');
      },
      504,
      'GW_UPSTREAM_TIMEOUT',
    ],
    [
      () => {
        throw new TypeError('bug');
      },
      500,
      'GW_INTERNAL',
    ],
  ])('answers for a required part that fails: %s is %i', async (items, status, code) => {
    const { fetch } = await mounted({ items, stock: () => ({ body: { left: 1 } }) });
    const response = await fetch('/m/both');
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  test('run twice, and beside run, names all that is missing', async () => {
    const { fetch } = await mounted({
      items: () => ({ status: 503 }),
      stock: () => ({ status: 404 }),
    });
    const response = await fetch('/m/twice');
    expect([response.status, await response.json()]).toEqual([200, { sum: 'abc' }]);
    expect(response.headers.get('gateway-degraded')).toBe(
      'one;reason=status-503, two;reason=not-found, stock;reason=not-found',
    );
  });
});

describe('a part', () => {
  test('puts each value into one segment, and refuses what would be none', async () => {
    const { fetch, calls } = await mounted({ items: () => ({ body: item }) });
    await fetch('/m/items/a%3Fb%23c%3Ad;e');
    expect(calls[0]?.path).toBe('/items/a%3Fb%23c:d%3Be');
    const refused = await fetch(`/m/items/${'x'.repeat(1_025)}`);
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'GW_REQUEST_INVALID']);
  });

  test('carries the identity, the id and the abort of its request', async () => {
    const { fetch, calls, gateway } = await mounted({ items: never });
    const controller = new AbortController();
    const asking = fetch('/m/items/1', { signal: controller.signal });
    await expect.poll(() => calls.length).toBe(1);

    controller.abort();
    await expect(asking).rejects.toThrow();

    await expect.poll(() => calls[0]?.signal.reason).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
    expect(calls[0]).toMatchObject({ route: 'mobile', upstream: 'items', method: 'GET' });
    expect(calls[0]?.headers['x-request-id']).toBe(calls[0]?.id);
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test('ends with the deadline of the route', async () => {
    const { fetch } = await mounted({ items: never }, { deadline: '80ms' });
    const response = await fetch('/m/items/1');
    expect([response.status, await codeOf(response)]).toEqual([504, 'GW_DEADLINE_EXCEEDED']);
  });
});

describe('a number that JavaScript cannot hold', () => {
  const body = '{"owner":9007199254740993,"left":3}';

  test('keeps its digits where the part asks for text', async () => {
    const { fetch, calls } = await mounted({ items: () => ({ body }) });
    const response = await fetch('/m/owner');
    expect([response.status, await response.json()]).toEqual([200, { owner: '9007199254740993' }]);
    const [, call] = calls;
    expect(`${call?.path}${call?.query}`).toBe('/users/9007199254740993?owner=9007199254740993');
  });

  test.each([body, '{"owner":1e400}', '{"owner":9007199254740992}'])(
    'never names somebody else: %s',
    async (text) => {
      const { fetch, calls } = await mounted({ items: () => ({ body: text }) });
      const response = await fetch('/m/rounded');
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(calls.map(({ path }) => path)).toEqual(['/item']);
    },
  );
});

describe('a part', () => {
  const named = ({ path }: UpstreamRequest) => ({ body: JSON.stringify(path.slice(1)) });

  test('runs where it is awaited, optional or not', async () => {
    const { fetch, calls } = await mounted({
      items: (call) => (call.path === '/5' ? { status: 500 } : named(call)),
      stock: (call) => (call.path === '/2' ? { status: 500 } : named(call)),
    });
    const response = await fetch('/m/awaited');
    expect([response.status, await response.json()]).toEqual([200, { sum: '1b34e' }]);
    expect(response.headers.get('gateway-degraded')).toBe('stock;reason=status-500');
    expect(calls.map(({ path }) => path).toSorted()).toEqual(['/1', '/2', '/3', '/4', '/5']);
  });

  test('that is awaited and fails is the answer of the request', async () => {
    const { fetch, calls } = await mounted({ items: () => ({ status: 404 }) });
    const response = await fetch('/m/awaited');
    expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
    expect(calls).toHaveLength(1);
  });

  test('that a handler returns is its answer, trimmed like any other', async () => {
    const { fetch } = await mounted({ items: () => ({ body: { sum: 'x', secret: 1 } }) });
    const response = await fetch('/m/returned');
    expect([response.status, await response.json()]).toEqual([200, { sum: 'x' }]);
  });

  test('runs once, whoever waits for it: nothing is written twice', async () => {
    const { fetch, calls } = await mounted({ items: named });
    expect(await (await fetch('/m/once')).json()).toEqual({ sum: '111111' });
    expect(calls.map(({ method }) => method)).toEqual(['POST']);
  });

  test('that nobody waits for makes no call', async () => {
    const { fetch, calls } = await mounted();
    expect(await (await fetch('/m/described')).json()).toEqual({ sum: 'none' });
    expect(calls).toEqual([]);
  });

  test.each(['/m/shown', '/m/nested'])('never stands for its value: %s', async (path) => {
    const { fetch, calls } = await mounted();
    const response = await fetch(path);
    expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
    expect(calls).toEqual([]);
  });
});

describe('a value that cannot stand in a path', () => {
  const evil = '../../admin?x=1#';

  test('is the part’s failure where an upstream has answered it', async () => {
    const { fetch, calls } = await mounted({ items: () => ({ body: { id: evil } }) });
    const response = await fetch('/m/linked');
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
    expect(calls.map(({ path }) => path)).toEqual(['/item']);
  });

  test.each(['', '..', 'a\\b', 'x'.repeat(1_025)])('and so is %j', async (id) => {
    const { fetch } = await mounted({ items: () => ({ body: { id } }) });
    expect((await fetch('/m/linked?wanted=ok')).status).toBe(502);
  });

  test('is the client’s where the client has sent it', async () => {
    const { fetch } = await mounted({
      items: () => ({ body: { id: 'a' } }),
      stock: () => ({ body: '"seen"' }),
    });
    const response = await fetch(`/m/linked?wanted=${encodeURIComponent('a/../b')}`);
    expect([response.status, await codeOf(response)]).toEqual([400, 'GW_REQUEST_INVALID']);
  });
});
