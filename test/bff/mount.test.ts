import { describe, expect, test } from 'vitest';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { kind } from './fixtures/refused.ts';
import { file, mounted } from './mounted.ts';

const metricsOf = async (url: string | undefined) => (await fetch(`${url}/metrics`)).text();

describe('paths below the mount', () => {
  test.each(['/m', '/m/', '/m/none', '/m/items', '/m/trimmed/', '/m/items/1/2', '/m/@mobile'])(
    '%s, which nobody serves, passes the same hooks, then is 404',
    async (path) => {
      const guarded = await mounted({}, { jwt: { issuer: 'own' } });
      expect((await guarded.fetch(path)).status).toBe(401);

      const { fetch } = await mounted({}, { cors: { origins: ['https://a.example'] } });
      const response = await fetch(path, { headers: { origin: 'https://a.example' } });
      expect([response.status, await codeOf(response)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
    },
  );

  test('a method that a path does not know is 404 too, after the same hooks', async () => {
    const { fetch } = await mounted({}, { rateLimit: { max: 5, window: '1m', by: 'address' } });
    const response = await fetch('/m/trimmed', { method: 'DELETE' });
    expect([response.status, response.headers.get('ratelimit')]).toEqual([
      404,
      expect.stringContaining('r=4'),
    ]);
  });

  test('a preflight is answered wherever it is asked', async () => {
    const { fetch } = await mounted({}, { jwt: { issuer: 'own' }, cors: { origins: ['*'] } });
    for (const path of ['/m', '/m/trimmed', '/m/orders', '/m/none']) {
      const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
      const response = await fetch(path, { method: 'OPTIONS', headers });
      expect([path, response.status]).toEqual([path, 204]);
    }
  });

  test('are counted by their pattern, and by none where nobody serves them', async () => {
    const { fetch, gateway } = await mounted();
    await fetch('/m/checked/7');
    await fetch('/m/checked/8');
    await fetch('/m/none/of/these');

    const metrics = await metricsOf(gateway.adminUrl);
    const labels = (endpoint: string, status: number) =>
      `portico_requests_total{route="mobile",endpoint="${endpoint}",method="GET",status="${status}"}`;
    expect(metrics).toContain(`${labels('/checked/:id', 200)} 2`);
    expect(metrics).toContain(`${labels('', 404)} 1`);
  });

  test('may be all paths there are', async () => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/*' }, bff: file('wildcard') } } },
    });
    expect(await (await fetch('/')).json()).toEqual({ rest: '(root)' });
    expect(await (await fetch('/@a/x')).json()).toEqual({ rest: '@a/x' });
  });

  test('one pattern may take all that others leave', async () => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/a/*' }, bff: file('wildcard') } } },
    });
    expect(await (await fetch('/a')).json()).toEqual({ rest: '(root)' });
    expect(await (await fetch('/a/x/y')).json()).toEqual({ rest: 'x/y' });
    expect((await fetch('/a/x', { method: 'POST' })).status).toBe(404);
  });
});

describe('what the YAML route says', () => {
  test('holds for all of its routes, which share its counters', async () => {
    const { fetch } = await mounted({}, { rateLimit: { max: 2, window: '1m', by: 'address' } });
    const statuses = [];
    for (const path of ['/m/trimmed', '/m/checked/1', '/m/trimmed', '/m/none']) {
      statuses.push((await fetch(path)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  test('of the body is its limit', async () => {
    const { fetch } = await mounted({}, { limits: { body: '5B' } });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/m/orders', { method: 'POST', headers, body: '{"lines":[]}' });
    expect(response.status).toBe(413);
  });
});

describe('config.portico of one route', () => {
  test('narrows that one: hooks, in the order of all phases, and policies', async () => {
    const { fetch, calls } = await mounted(
      {},
      { trace: { phases: ['cors', 'limitConsumer'], policies: true } },
    );

    const wide = await fetch('/m/wide');
    const narrow = await fetch('/m/narrow');

    expect(wide.headers.get('x-trace')).toBe('cors limitConsumer');
    expect(narrow.headers.get('x-trace')).toBe('cors authenticate limitConsumer');
    expect(calls.map(({ headers }) => headers['x-trace'])).toEqual([
      'outer1 inner1',
      'outer1 outer1 inner1 inner1',
    ]);
  });

  test('counts beside the mount, and leaves the others alone', async () => {
    const { fetch } = await mounted({}, { rateLimit: { max: 4, window: '1m', by: 'address' } });
    const statuses = [];
    for (const path of ['/m/narrow', '/m/narrow', '/m/wide', '/m/wide', '/m/wide']) {
      statuses.push((await fetch(path)).status);
    }
    expect(statuses).toEqual([200, 429, 200, 200, 429]);
  });
});

describe('a BFF that could leak, or cannot work', () => {
  test.each([
    ['no schema', /GET \/x: give schema\.response a schema for each status/],
    ['no response schema', /GET \/x: give schema\.response a schema for each status/],
    ['a zod schema where a map of them belongs', /GET \/x: give schema\.response/],
    ['a JSON schema', /GET \/x: the response 200 is not a zod schema/],
    ['a loose object', /GET \/x: the response 200 has a loose object/],
    ['a loose object inside', /GET \/x: the response 200 has a loose object/],
    ['a catchall', /GET \/x: the response 200 has a loose object/],
    ['a plugin that is not there', /config\.portico\.nope: no such plugin/],
    ['options that do not fit', /config\.portico\.rateLimit: /],
    ['an issuer that is not there', /config\.portico\.jwt: no issuer "nope"/],
    ['authentication taken away', /config\.portico\.jwt: only the YAML may remove a plugin/],
    ['a field that the YAML does not set', /only the YAML may set x-secret/],
    ['a throw', /no way to start/],
  ])('refuses the config: %s', async (what, message) => {
    kind.is = what;
    await expect(
      startGateway({
        config: { routes: { m: { match: { path: '/m/*' }, bff: file('refused') } } },
      }),
    ).rejects.toThrow(
      new RegExp(`gateway\\.config\\.yaml:\\d+:\\d+ .*routes\\.m\\.bff.*${message.source}`),
    );
  });

  test.each([
    [{ path: '/m' }, {}, /a plain prefix/],
    [{ path: '/m/{id}/*' }, {}, /a plain prefix/],
    [{ path: '/m/*' }, { items: undefined }, /calls the upstream "items", which is not defined/],
  ])('refuses the config at %j', async (match, left, message) => {
    const upstreams = { items: () => ({}), stock: () => ({}), ...left };
    const defined = Object.fromEntries(Object.entries(upstreams).filter(([, each]) => each));
    await expect(
      startGateway({
        config: {
          plugins: {
            trace: { module: new URL('../plugins/fixtures/trace.ts', import.meta.url).pathname },
          },
          routes: { m: { match, bff: file('shop') } },
        },
        upstreams: defined,
      }),
    ).rejects.toThrow(message);
  });
});
