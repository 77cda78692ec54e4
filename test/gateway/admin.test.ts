import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from './support/gateway.ts';
import { request } from './support/socket.ts';

/**
 * A gateway with an admin port, one route of each kind, and an upstream that answers as the path says.
 */
async function administered(more: object = {}) {
  const gateway = await startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { up: { breaker: { consecutive: 2, open: '5s' }, retry: { backoff: '1ms' } } },
      routes: {
        all: forwardTo('/api/*', { rateLimit: { max: 50, window: '1m', by: 'address' } }),
        own: { match: { path: '/own', methods: ['GET'] }, respond: { status: 418 } },
      },
      ...more,
    },
    upstreams: { up: ({ path }) => ({ status: Number(path.split('/')[2] ?? 200) }) },
  });
  const { adminUrl } = gateway.gateway;
  const admin = (path: string, init?: RequestInit) => fetch(`${adminUrl}${path}`, init);
  const metrics = async () => (await admin('/metrics')).text();
  return { ...gateway, admin, metrics };
}

/** The samples of one metric, without the extra series of histograms. */
const samples = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('probes', () => {
  test('/livez answers while the process does', async () => {
    const { admin } = await administered();
    const response = await admin('/livez');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('a 404 lists the paths that exist', async () => {
    const { admin } = await administered();
    const error =
      'not found; there are GET /, /livez, /readyz, /metrics, /status, /overview, /events, /routes, /explain, /requests, /requests/{id}, /problems, /generations, /generations/{number}/changes, /migration, /mirrors, /mirrors/{route}, /operations, /operations/{id}, /trace/{id}, and POST /reload, /rollback, /upstreams/{name}/circuit, /routes/{name}/split, /operations/{id}/{retry,skip,cancel}, /try, /revocations, /quotas/read, /quotas/reset';
    for (const method of ['GET', 'POST']) {
      const response = await admin('/stauts', { method });
      expect([response.status, await response.json()]).toEqual([404, { error }]);
    }
  });

  test('/readyz answers 200 while it serves, and 503 before it stops accepting', async () => {
    const { admin, gateway, fetch } = await administered({
      server: { shutdown: { delay: '300ms' } },
    });
    expect((await admin('/readyz')).status).toBe(200);

    const closing = gateway.close();

    expect((await admin('/readyz')).status).toBe(503);
    expect((await admin('/livez')).status).toBe(200);
    expect((await fetch('/own')).status).toBe(418);
    expect(await closing).toBe(true);
    await expect(fetch('/own')).rejects.toThrow();
  });

  test('do not exist if admin is off, nor on the port for clients', async () => {
    const { gateway, fetch } = await administered({ admin: false });
    expect(gateway.adminUrl).toBeUndefined();
    expect((await fetch('/livez')).status).toBe(404);
    expect((await fetch('/metrics')).status).toBe(404);
  });

  test('change nothing: other methods and paths are 404', async () => {
    const { gateway } = await administered();
    for (const [method, path] of [
      ['POST', '/status'],
      ['DELETE', '/metrics'],
      ['POST', '/nowhere'],
      ['GET', '/page'],
    ]) {
      expect((await fetch(`${gateway.adminUrl}${path}`, { method: method! })).status).toBe(404);
    }
  });
});

describe('/metrics', () => {
  test('counts requests by route, method and status', async () => {
    const { fetch, metrics } = await administered();
    await fetch('/api/200');
    await fetch('/api/404', { method: 'POST' });
    await fetch('/own');
    await fetch('/none');
    await fetch('/own', { method: 'PUT' });

    const text = await metrics();

    const label = (route: string, method: string, status: number) =>
      `portico_requests_total{route="${route}",endpoint="",method="${method}",status="${status}"} 1`;
    expect(samples(text, 'portico_requests_total').toSorted()).toEqual(
      [
        label('all', 'GET', 200),
        label('all', 'POST', 404),
        label('own', 'GET', 418),
        label('unmatched', 'GET', 404),
        label('unmatched', 'PUT', 405),
      ].toSorted(),
    );
    expect(samples(text, 'portico_errors_total').toSorted()).toEqual([
      'portico_errors_total{route="unmatched",code="GW_METHOD_NOT_ALLOWED"} 1',
      'portico_errors_total{route="unmatched",code="GW_ROUTE_NOT_FOUND"} 1',
    ]);
    expect(samples(text, 'portico_request_duration_seconds_count')).toContain(
      'portico_request_duration_seconds_count{route="all",endpoint="",method="GET"} 1',
    );
  });

  test('has attempts, retries and circuits by upstream', async () => {
    const { fetch, metrics } = await administered();
    await fetch('/api/200');
    await fetch('/api/503');
    const refused = await fetch('/api/200');

    const text = await metrics();

    expect(refused.status).toBe(503);
    const attempts = samples(text, 'portico_upstream_requests_total');
    expect(attempts.map((line) => line.replace(/target="[^"]*",/, '')).toSorted()).toEqual([
      'portico_upstream_requests_total{upstream="up",status="200"} 1',
      'portico_upstream_requests_total{upstream="up",status="503"} 2',
    ]);
    expect(samples(text, 'portico_upstream_retries_total')).toEqual([
      'portico_upstream_retries_total{upstream="up",reason="503"} 1',
    ]);
    expect(samples(text, 'portico_upstream_duration_seconds_count')).toEqual([
      'portico_upstream_duration_seconds_count{upstream="up"} 3',
    ]);
    expect(samples(text, 'portico_circuit_state')).toEqual([
      'portico_circuit_state{upstream="up"} 2',
    ]);
    expect(samples(text, 'portico_bulkhead_slots')).toEqual([
      'portico_bulkhead_slots{upstream="up"} 0',
    ]);
    expect(samples(text, 'portico_bulkhead_slots_limit')).toEqual([
      'portico_bulkhead_slots_limit{upstream="up"} 128',
    ]);
    expect(samples(text, 'portico_bulkhead_queue')).toEqual([
      'portico_bulkhead_queue{upstream="up"} 0',
    ]);
    expect(text).toContain('portico_errors_total{route="all",code="GW_CIRCUIT_OPEN"} 1');
  });

  test('has the generation, its loads, and Node’s own metrics', async () => {
    const { admin } = await administered();
    const response = await admin('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('portico_config_generation 1');
    expect(text).toContain('portico_config_reloads_total{result="applied"} 1');
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
  });

  test('never takes a label from a request', async () => {
    const { url, fetch, metrics } = await administered();
    const secret = 'zzsecret';
    await request(url, [`GET /${secret}?${secret}=1 HTTP/1.1`, `host: ${secret}`, `x: ${secret}`]);
    await request(url, [`PROPFIND /api/${secret} HTTP/1.1`, 'host: a']);
    await request(url, ['PURGE /api/200 HTTP/1.1', 'host: a']);
    await request(url, [`${secret.toUpperCase()} /api/200 HTTP/1.1`, 'host: a']);
    await fetch('/api/299');
    await fetch('/api/599');

    const text = await metrics();

    expect(text.toLowerCase()).not.toContain(secret);
    expect(text).not.toMatch(/"(PROPFIND|PURGE|299|599)"/);
    expect(text).toContain('method="other"');
    expect(text).toContain('status="other"');
  });

  test('is separate for two gateways in one process', async () => {
    const one = await administered();
    const other = await administered();
    await one.fetch('/own');
    expect(samples(await one.metrics(), 'portico_requests_total')).toHaveLength(1);
    expect(samples(await other.metrics(), 'portico_requests_total')).toHaveLength(0);
  });
});

describe('/status', () => {
  test('shows generation, routes and upstreams, but no value from the config', async () => {
    const { admin } = await administered({
      plugins: {
        jwt: {
          issuers: { own: { issuer: 'x', secret: 'topsecret'.repeat(4), algorithms: ['HS256'] } },
        },
      },
      routes: {
        all: forwardTo('/api/*', { jwt: { issuer: 'own' } }),
        sum: {
          match: [{ path: '/sum', methods: ['GET', 'POST'], headers: { 'x-key': 'topsecret' } }],
          aggregate: { part: { upstream: 'up', path: '/' } },
        },
      },
    });

    const text = await (await admin('/status')).text();

    expect(text).not.toContain('topsecret');
    expect(JSON.parse(text)).toMatchObject({
      generation: 1,
      ready: true,
      uptimeSeconds: expect.any(Number) as unknown,
      inflight: 0,
      routes: [
        { name: 'all', match: ['any /api/*'], action: 'forward to up', plugins: ['jwt'] },
        {
          name: 'sum',
          match: ['GET,POST /sum [header x-key]'],
          action: 'aggregate',
          plugins: [],
        },
      ],
      upstreams: [
        {
          name: 'up',
          circuit: 'closed',
          circuitSeconds: expect.any(Number) as unknown,
          slots: { used: 0, concurrency: 128, queued: 0 },
          streams: { open: 0, most: 1_000 },
          targets: [
            {
              origin: 'http://up.invalid',
              weight: 1,
              inflight: 0,
              healthy: true,
              ejected: false,
            },
          ],
          panic: false,
        },
      ],
    });
  });
});
