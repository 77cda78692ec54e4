import { describe, expect, test } from 'vitest';
import type { Config, RouteConfig } from '../../src/config/build/config.ts';
import { UPSTREAM_DEFAULTS } from '../../src/config/schema/upstream.ts';
import { configOf, withOrders } from './config-files.ts';

describe('what is not written', () => {
  test('has its default', async () => {
    const { server, admin, logs, upstreams, routes } = await configOf(
      withOrders('routes: { a: { match: { path: /a }, upstream: orders } }'),
    );
    expect(server).toEqual({
      listeners: [
        {
          name: 'server',
          at: ['server'],
          address: { host: '0.0.0.0', port: 8080 },
          http2: 'none',
        },
      ],
      paths: { handling: 'normalize', escapedSlash: 'refuse', parameters: 'keep' },
      limits: {
        bodyBytes: 1_048_576,
        headersBytes: 16_384,
        urlBytes: 8_192,
        headersTimeoutMs: 10_000,
        idleMs: 30_000,
        minRate: 240,
        readerIdleMs: 300_000,
        answerMs: 300_000,
        keepAliveMs: 72_000,
        connections: 10_000,
      },
      allowFaults: false,
      trustedProxies: [],
      shutdown: { delayMs: 0, graceMs: 15_000 },
    });
    expect(admin).toEqual({ host: '127.0.0.1', port: 9901, requests: 200 });
    expect(logs).toEqual({ level: 'info', access: true });
    expect(upstreams['orders']).toEqual({
      name: 'orders',
      targets: [{ origin: 'http://orders:4001', weight: 1 }],
      deadlineMs: 15_000,
      timeoutMs: 10_000,
      connectTimeoutMs: 1_000,
      idleTimeoutMs: 30_000,
      keepAliveMs: 4_000,
      headersBytes: 65_536,
      via: true,
      connections: 128,
      balance: 'leastRequest',
      host: 'target',
      http2: false,
      bulkhead: { concurrency: 128, queue: 32, waitMs: 1_000 },
      sockets: 1_000,
      breaker: {
        kind: 'ratio',
        ratio: 0.5,
        minimum: 20,
        windowMs: 10_000,
        openMs: 5_000,
        probes: 1,
        handle: ['connect', 'reset', 'timeout', 'invalid', 'cut', '5xx'],
      },
      outlier: { consecutive: 5, ejectMs: 30_000, maxEjected: 0.5 },
      panic: 0,
      propagateDeadline: false,
      retry: {
        attempts: 2,
        on: ['connect', 'reset', 502, 503, 504],
        backoffMs: 25,
        budget: 0.2,
      },
    });
    expect(routes[0]).toMatchObject({
      priority: 0,
      plugins: {},
      overrides: {},
      bodyLimitBytes: 1_048_576,
    });
  });

  test('is off where it is false', async () => {
    const { admin, upstreams } = await configOf(
      'version: 1\nadmin: false\nupstreams: { a: { targets: [http://a:1], breaker: false, retry: false } }',
    );
    expect(admin).toBeUndefined();
    expect(upstreams['a']).not.toHaveProperty('breaker');
    expect(upstreams['a']).not.toHaveProperty('retry');
  });

  test('of connections is what the bulkhead lets through', async () => {
    const { upstreams } = await configOf(
      'version: 1\nupstreams: { a: { targets: [http://a:1], bulkhead: { concurrency: 7 } } }',
    );
    expect(upstreams['a']?.connections).toBe(7);
  });
});

const upstreamsWith = (common: string): string =>
  [
    'version: 1',
    `defaults: { upstreams: ${common} }`,
    'upstreams:',
    '  plain: { targets: [http://a:1] }',
    '  own: { targets: [http://b:1], timeout: 9s, breaker: { consecutive: 2 }, retry: false }',
  ].join('\n');

describe('defaults of upstreams', () => {
  test('hold where an upstream has no key of its own, which replaces them whole', async () => {
    const { upstreams } = await configOf(
      upstreamsWith('{ timeout: 1s, breaker: { ratio: 0.9, open: 1s }, retry: { attempts: 5 } }'),
    );
    expect(upstreams['plain']).toMatchObject({
      timeoutMs: 1_000,
      breaker: { kind: 'ratio', ratio: 0.9, openMs: 1_000 },
      retry: { attempts: 5 },
    });
    expect(upstreams['own']).toMatchObject({
      timeoutMs: 9_000,
      breaker: { kind: 'consecutive', failures: 2, openMs: 5_000, probes: 1 },
    });
    expect(upstreams['own']).not.toHaveProperty('retry');
  });

  test('may be false, and a key of its own brings it back', async () => {
    const { upstreams } = await configOf(upstreamsWith('{ breaker: false, retry: false }'));
    expect(upstreams['plain']).not.toHaveProperty('breaker');
    expect(upstreams['own']?.breaker).toMatchObject({ failures: 2 });
    expect(UPSTREAM_DEFAULTS.breaker).toBeDefined();
  });
});

describe('defaults of routes', () => {
  const routes = async (): Promise<Record<string, RouteConfig>> => {
    const config = await configOf(
      withOrders(
        [
          'defaults: { routes: { rateLimit: { max: 5, window: 1s }, cors: { origins: ["*"] } } }',
          'routes:',
          '  plain: { match: { path: /plain }, upstream: orders }',
          '  own: { match: { path: /own }, upstream: orders, rateLimit: { max: 9, window: 1m } }',
          '  none: { match: { path: /none }, upstream: orders, rateLimit: false, cors: false }',
        ].join('\n'),
      ),
    );
    return Object.fromEntries(config.routes.map((route) => [route.name, route]));
  };

  test('hold where a route has no key of its own', async () => {
    const { plain } = await routes();
    expect(plain?.plugins).toMatchObject({
      rateLimit: [{ max: 5, window: 1_000, by: 'consumer' }],
      cors: { origins: ['*'], maxAge: 600_000 },
    });
  });

  test('are replaced whole by the key of a route', async () => {
    const { own } = await routes();
    expect(own?.plugins['rateLimit']).toEqual([{ max: 9, window: 60_000, by: 'consumer' }]);
    expect(own?.plugins).toHaveProperty('cors');
  });

  test('are taken away by false', async () => {
    const { none } = await routes();
    expect(none?.plugins).toEqual({});
  });
});

describe('what a route says differently', () => {
  test('is kept apart, in milliseconds and bytes', async () => {
    const { routes } = await configOf(
      withOrders(
        [
          'routes:',
          '  a: { match: { path: /a }, upstream: orders, timeout: 1m, retry: false, limits: { body: 1KiB } }',
          '  b: { match: { path: /b }, upstream: orders, deadline: 9s, retry: { attempts: 3 } }',
        ].join('\n'),
      ),
    );
    expect(routes[0]).toMatchObject({
      overrides: { timeoutMs: 60_000, retry: false },
      bodyLimitBytes: 1_024,
    });
    expect(routes[1]?.overrides).toMatchObject({
      deadlineMs: 9_000,
      retry: { attempts: 3, backoffMs: 25 },
    });
  });
});

test('a config is frozen through and through', async () => {
  const config: Config = await configOf(
    withOrders(
      'routes: { a: { match: { path: "/a/{id}" }, respond: { body: { x: [1, { y: 2 }] } } } }',
    ),
  );
  const thawed: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.isFrozen(value)) thawed.push(path);
    for (const [key, member] of Object.entries(value)) walk(member, `${path}.${key}`);
  };
  walk(config, 'config');
  expect(thawed).toEqual([]);
  expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError);
});

test('two configs share nothing that could be changed', async () => {
  const text = withOrders('');
  const [a, b] = [await configOf(text), await configOf(text)];
  expect(a.upstreams['orders']).toEqual(b.upstreams['orders']);
  expect(a.upstreams['orders']).not.toBe(b.upstreams['orders']);
});
