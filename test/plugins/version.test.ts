import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { recordingLog } from './recording-log.ts';

const DAY_MS = 86_400_000;
const SUNSET = Date.UTC(2026, 11, 31);
const V1 = {
  deprecated: '2026-06-01',
  sunset: '2026-12-31',
  link: 'https://docs.example/v1',
  successor: 'https://api.example/v2',
  afterSunset: 'gone',
};

/** Routes `/name` with a clock that the test sets. */
async function versioned(routes: Readonly<Record<string, object>>, more: object = {}) {
  const clock = { now: SUNSET - DAY_MS };
  const { log, lines } = recordingLog();
  const gateway = await startGateway({
    wallClock: () => clock.now,
    log,
    config: {
      admin: { port: 0 },
      telemetry: { logs: { access: true } },
      routes: Object.fromEntries(
        Object.entries(routes).map(([name, keys]) => [name, forwardTo(`/${name}`, keys)]),
      ),
      ...more,
    },
    upstreams: { up: () => ({ headers: { link: '</next>; rel="next"', vary: 'origin' } }) },
  });
  const metrics = async () => (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
  /** The versions in the lines of the access log. */
  const logged = () =>
    lines()
      .filter(({ msg }) => msg === 'request')
      .map((line) => (line as { readonly version?: string }).version);
  return { ...gateway, clock, logged, metrics };
}

const from = (source: string, more: object = {}) => ({
  version: { from: source, versions: { v1: V1, v2: {} }, ...more },
});

describe('a route of one version', () => {
  test('says when it is deprecated and ends, and where to go, in every response', async () => {
    const { fetch } = await versioned({ a: { version: { name: 'v1', ...V1 } } });
    const { status, headers } = await fetch('/a');
    expect(status).toBe(200);
    expect(headers.get('deprecation')).toBe(`@${Date.UTC(2026, 5, 1) / 1_000}`);
    expect(headers.get('sunset')).toBe('Thu, 31 Dec 2026 00:00:00 GMT');
    expect(headers.get('link')).toBe(
      '</next>; rel="next", <https://docs.example/v1>; rel="deprecation", ' +
        '<https://docs.example/v1>; rel="sunset", <https://api.example/v2>; rel="successor-version"',
    );
  });

  test('is 410 from the moment of its sunset, with what replaces it, and not a moment sooner', async () => {
    const { fetch, clock, seen } = await versioned({ a: { version: { name: 'v1', ...V1 } } });
    clock.now = SUNSET - 1;
    expect((await fetch('/a')).status).toBe(200);
    clock.now = SUNSET;
    const gone = await fetch('/a');
    expect(gone.headers.get('sunset')).toBe('Thu, 31 Dec 2026 00:00:00 GMT');
    expect(await gone.json()).toMatchObject({
      type: 'urn:portico:error:GW_GONE',
      status: 410,
      detail: 'v1 ended on Thu, 31 Dec 2026 00:00:00 GMT; use https://api.example/v2',
      version: 'v1',
      successor: 'https://api.example/v2',
    });
    expect(seen).toHaveLength(1);
  });

  test('is served after its sunset unless it says gone', async () => {
    const { fetch, clock } = await versioned({ a: { version: { sunset: '2026-12-31' } } });
    clock.now = SUNSET + DAY_MS;
    expect((await fetch('/a')).status).toBe(200);
  });

  test('is in the access log and in the metric, by its name or that of the route', async () => {
    const { fetch, logged, metrics } = await versioned({
      a: { version: { name: 'v1' } },
      b: { version: {} },
      c: {},
    });
    for (const path of ['/a', '/b', '/c']) await (await fetch(path)).text();
    await expect.poll(logged).toEqual(['v1', 'b', undefined]);
    const text = await metrics();
    expect(text).toContain('portico_version_requests_total{route="a",version="v1"} 1\n');
    expect(text).toContain('portico_version_requests_total{route="b",version="b"} 1\n');
  });
});

describe('a version that requests name', () => {
  test.each<[source: string, path: string, headers: Record<string, string>, version: string]>([
    ['header:X-Api-Version', '/a', { 'x-api-version': 'v1' }, 'v1'],
    ['header:x-api-version', '/a', { 'x-api-version': 'v2' }, 'v2'],
    ['query:v', '/a?v=v1&x=1', {}, 'v1'],
    ['query:v', '/a?v=v1&v=v1', {}, 'v1'],
    ['media', '/a', { accept: 'application/vnd.shop.v1+json' }, 'v1'],
    ['media:version', '/a', { accept: 'application/json; Version="v1"' }, 'v1'],
  ])('%s of %s %j is %s', async (source, path, headers, version) => {
    const { fetch, logged } = await versioned({ a: from(source) });
    const response = await fetch(path, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('sunset') !== null).toBe(version === 'v1');
    await expect.poll(logged).toEqual([version]);
  });

  test('is the default where they name none; without one they are refused with those that are served', async () => {
    const { fetch, clock } = await versioned({
      a: from('header:x-v', { default: 'v2' }),
      b: from('header:x-v'),
    });
    expect((await fetch('/a')).status).toBe(200);
    expect((await fetch('/a', { headers: { 'x-v': '' } })).status).toBe(200);
    expect(await (await fetch('/b')).json()).toMatchObject({
      status: 400,
      detail: 'the header x-v needs the version: v1, v2',
      versions: ['v1', 'v2'],
    });
    clock.now = SUNSET;
    expect(await (await fetch('/b')).json()).toMatchObject({ versions: ['v2'] });
    expect((await fetch('/b', { headers: { 'x-v': 'v1' } })).status).toBe(410);
  });

  test.each<[source: string, path: string, headers: Record<string, string>, status: number]>([
    ['header:x-v', '/a', { 'x-v': 'v9' }, 400],
    ['header:x-v', '/a', { 'x-v': 'V1' }, 400],
    ['header:x-v', '/a', { 'x-v': 'v1, v2' }, 400],
    ['header:x-v', '/a', { 'x-v': '__proto__' }, 400],
    ['query:v', '/a?v=constructor', {}, 400],
    ['query:v', '/a?v=v1&v=v2', {}, 400],
    ['media', '/a', { accept: 'application/vnd.shop.v9+json' }, 406],
    ['media:version', '/a', { accept: 'application/json;version=9' }, 406],
  ])(
    '%s of %s %j is refused with %i, and reaches no upstream',
    async (source, path, headers, status) => {
      const { fetch, seen } = await versioned({ a: from(source, { default: 'v2' }) });
      const response = await fetch(path, { headers });
      expect(response.status).toBe(status);
      expect(await codeOf(response)).toBe(
        status === 406 ? 'GW_NOT_ACCEPTABLE' : 'GW_REQUEST_INVALID',
      );
      expect(seen).toEqual([]);
    },
  );

  test('is told to upstreams by a field, the default included', async () => {
    const headers = { request: { set: { 'x-version': '{request.version}' } } };
    const { fetch, seen } = await versioned({
      a: { ...from('header:x-v', { default: 'v2' }), headers },
      b: { headers },
    });
    for (const sent of [{ 'x-v': 'v1' }, { 'x-version': 'v9' }])
      await fetch('/a', { headers: sent });
    await fetch('/b', { headers: { 'x-version': 'v9' } });
    expect(seen.map((request) => request.headers['x-version'])).toEqual(['v1', 'v2', undefined]);
  });

  test('comes from a parameter of the path, and an unknown one is 404', async () => {
    const { fetch } = await versioned({
      a: { ...from('path:api'), match: { path: '/{api}/orders' } },
    });
    expect((await fetch('/v1/orders')).headers.get('deprecation')).not.toBeNull();
    expect((await fetch('/v2/orders')).headers.get('deprecation')).toBeNull();
    expect(await codeOf(await fetch('/v3/orders'))).toBe('GW_ROUTE_NOT_FOUND');
  });

  test.each([
    ['header:X-V', 'origin, x-v'],
    ['media', 'origin, accept'],
    ['query:v', 'origin'],
  ])('%s: caches are told by Vary: %s', async (source, vary) => {
    const { fetch } = await versioned({ a: from(source, { default: 'v2' }) });
    expect((await fetch('/a')).headers.get('vary')).toBe(vary);
  });

  test('is explained with its dates, and counts nothing', async () => {
    const { gateway, metrics, clock } = await versioned({ a: from('header:x-v') });
    const explain = async () => {
      const explained = await gateway.explain({
        method: 'GET',
        url: 'http://localhost/a',
        headers: [['x-v', 'v1']],
        address: '127.0.0.1',
      });
      return JSON.stringify(explained);
    };
    expect(await explain()).toContain('v1, deprecated since 2026-06-01, ends on 2026-12-31');
    clock.now = SUNSET;
    expect(await explain()).toContain('GW_GONE');
    expect(await metrics()).not.toContain('portico_version_requests_total{');
  });
});

const keyOf = (id: string): string => `key of ${id}, long enough`;

test('who still calls a version that ends is named, up to a bound, and nobody else', async () => {
  const consumers = Object.fromEntries(
    ['ada', 'bob', 'eve'].map((id) => [id, { keys: [hash('sha256', keyOf(id))] }]),
  );
  const { fetch, metrics } = await versioned(
    { a: { apiKey: { header: 'x-key' }, ...from('header:x-v') } },
    { plugins: { version: { consumers: 2 }, apiKey: { consumers } } },
  );
  for (const id of ['ada', 'bob', 'eve', 'ada']) {
    for (const version of ['v1', 'v2']) {
      await (await fetch('/a', { headers: { 'x-key': keyOf(id), 'x-v': version } })).text();
    }
  }
  const told = (await metrics())
    .split('\n')
    .filter((line) => line.startsWith('portico_version_requests_total{'))
    .map((line) => line.replace('portico_version_requests_total', ''));
  expect(told.toSorted()).toEqual([
    '{route="a",version="v1",consumer="ada"} 2',
    '{route="a",version="v1",consumer="bob"} 1',
    '{route="a",version="v1",consumer="other"} 1',
    '{route="a",version="v2"} 4',
  ]);
});
