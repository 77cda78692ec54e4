import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import type { FakeAnswer } from '../../src/testing.ts';

const ORIGIN = 'https://shop.example';

async function crossing(cors: object, answer: FakeAnswer = {}, more: object = {}) {
  let calls = 0;
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: {
          issuers: { own: { issuer: 'own', secret: 's'.repeat(32), algorithms: ['HS256'] } },
        },
      },
      routes: {
        all: forwardTo('/*', { cors: { origins: [ORIGIN], ...cors }, ...more }),
      },
    },
    upstreams: {
      up: () => {
        calls += 1;
        return answer;
      },
    },
  });
  const ask = (origin: string | undefined, init: RequestInit = {}) =>
    gateway.fetch('/a', {
      ...init,
      headers: { ...(origin === undefined ? {} : { origin }), ...(init.headers as object) },
    });
  const preflight = (origin: string, method = 'PUT', headers: object = {}) =>
    ask(origin, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': method, ...headers },
    });
  return { ...gateway, ask, preflight, calls: () => calls };
}

/** The fields that speak of CORS. */
const said = (response: Response) =>
  Object.fromEntries(
    [...response.headers].filter(([name]) => /^(access-control-|vary$)/.test(name)),
  );

describe('a preflight', () => {
  test('is answered before authentication, and nothing later runs', async () => {
    const { preflight, calls } = await crossing(
      { methods: ['GET', 'PUT'], headers: ['X-Own'], maxAge: '1h' },
      {},
      { jwt: { issuer: 'own' }, rateLimit: { max: 1, window: '1h', by: 'address' } },
    );

    const answers = [await preflight(ORIGIN), await preflight(ORIGIN), await preflight(ORIGIN)];

    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(said(answers[0]!)).toEqual({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-own',
      'access-control-max-age': '3600',
      vary: 'Origin',
    });
    expect(calls()).toBe(0);
  });

  test('is told the headers it asks for, where the config names none', async () => {
    const { preflight } = await crossing({});
    const response = await preflight(ORIGIN, 'PUT', {
      'access-control-request-headers': 'x-a,x-b',
    });
    expect(said(response)).toEqual({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'x-a,x-b',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    });
  });

  test('of another origin gets no permission', async () => {
    const { preflight } = await crossing({});
    const response = await preflight('https://evil.example');
    expect([response.status, Object.keys(said(response))]).toEqual([204, ['vary']]);
  });

  test('belongs to the route of the method it asks for', async () => {
    const { fetch } = await startGateway({
      config: {
        routes: {
          get: forwardTo('/a', { match: { path: '/a', methods: ['GET'] } }),
          put: forwardTo('/a', {
            match: { path: '/a', methods: ['PUT'] },
            cors: { origins: [ORIGIN] },
          }),
        },
      },
      upstreams: { up: () => ({}) },
    });
    const preflight = async (method: string) => {
      const headers = { origin: ORIGIN, 'access-control-request-method': method };
      const response = await fetch('/a', { method: 'OPTIONS', headers });
      return [response.status, response.headers.get('access-control-allow-origin')];
    };

    expect(await preflight('PUT')).toEqual([204, ORIGIN]);
    // The route of GET has no cors: it is an OPTIONS like any other.
    expect(await preflight('GET')).toEqual([405, null]);
    expect(await preflight('BREW')).toEqual([405, null]);
  });

  test('is no preflight without Origin or the method: it is forwarded', async () => {
    const { ask, calls } = await crossing({});
    await ask(undefined, { method: 'OPTIONS' });
    await ask(ORIGIN, { method: 'OPTIONS' });
    await ask(undefined, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PUT' },
    });
    expect(calls()).toBe(3);
  });
});

describe('an origin', () => {
  test.each([
    [['https://shop.example'], 'https://shop.example', true],
    [['https://shop.example'], 'http://shop.example', false],
    [['https://shop.example'], 'https://shop.example:8443', false],
    [['https://shop.example'], 'https://shop.example.evil', false],
    [['https://*.shop.example'], 'https://a.shop.example', true],
    [['https://*.shop.example'], 'https://a.b.shop.example', true],
    [['https://*.shop.example'], 'https://shop.example', false],
    [['https://*.shop.example'], 'https://evilshop.example', false],
    [['https://*.shop.example'], 'http://a.shop.example', false],
    [['https://*.shop.example'], 'https://evil.com/.shop.example', false],
    [['https://*.shop.example'], 'https://evil.com#.shop.example', false],
    [['https://*.shop.example'], 'https://evil.com:1.shop.example', false],
    [['https://*.shop.example'], 'https://.shop.example', false],
    [['https://*.shop.example:8443'], 'https://a.shop.example:8443', true],
    [['https://one.example', 'https://two.example'], 'https://two.example', true],
    [['https://shop.example'], 'null', false],
    [['null'], 'null', true],
    [['capacitor://localhost'], 'capacitor://localhost', true],
    [['capacitor://localhost'], 'ionic://localhost', false],
    [['http://[::1]:3000'], 'http://[::1]:3000', true],
    [['http://[::1]:3000'], 'http://[::1]', false],
    [['tauri://localhost'], 'tauri://localhost', true],
    [['chrome-extension://abcdefghijklmnop'], 'chrome-extension://abcdefghijklmnop', true],
    [['https://*.shop.example'], 'https://a_b.shop.example', true],
    [['https://xn--bcher-kva.example'], 'https://xn--bcher-kva.example', true],
  ])('%j allows %s: %s', async (origins, origin, allowed) => {
    const { ask } = await crossing({ origins });
    const response = await ask(origin);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed ? origin : null);
    expect(response.headers.get('vary')).toBe('Origin');
  });

  test.each<readonly [origin: string, right: string]>([
    ['https://Shop.example', '"https://shop.example"'],
    ['HTTPS://shop.example', '"https://shop.example"'],
    ['https://shop.example/', '"https://shop.example"'],
    ['https://shop.example/path?x#y', '"https://shop.example"'],
    ['https://shop.example:443', '"https://shop.example"'],
    ['http://shop.example:080', '"http://shop.example"'],
    ['http://[0:0:0:0:0:0:0:1]:3000', '"http://[::1]:3000"'],
    ['http://127.1', '"http://127.0.0.1"'],
    ['https://bücher.example', '"https://xn--bcher-kva.example"'],
    ['https://*.Shop.example:443', '"https://*.shop.example"'],
    ['capacitor://localhost/', '"capacitor://localhost"'],
    ...[
      'shop.example',
      'capacitor:localhost',
      'capacitor://',
      'file:///index.html',
      'file://',
      'ws://shop.example',
      'data:text/html,x',
      'https://u:p@shop.example',
      'https://shop.example:70000',
      'https://256.1.1.1',
      'http://[::1',
      'https://*',
      'https://*.*.example',
      'https://a.*.example',
      'https://a b.example',
      'http://localhost:*',
      'NULL',
      '',
    ].map((origin) => [origin, 'such as https://shop.example.com'] as const),
  ])(
    'that no browser sends, "%s", refuses the config with what would be right',
    async (origin, right) => {
      await expect(crossing({ origins: [origin] })).rejects.toThrow(
        new RegExp(
          `origins\\[0\\]: must be an origin as browsers send it.*${right.replace(/[[\]*.]/g, '\\$&')}`,
        ),
      );
    },
  );

  test('of any kind is answered with *, the same for all', async () => {
    const { ask } = await crossing({ origins: ['*'] });
    expect(said(await ask('https://whoever.example'))).toEqual({
      'access-control-allow-origin': '*',
    });
  });

  test('of any kind cannot bring credentials: that refuses the config', async () => {
    await expect(crossing({ origins: ['*'], credentials: true })).rejects.toThrow(
      /routes\.all\.cors\.credentials: credentials would be allowed for any origin/,
    );
  });
});

describe('an answer', () => {
  test('says what scripts may read, and that credentials may come', async () => {
    const { ask } = await crossing({ credentials: true, expose: ['X-A', 'X-B'] });
    expect(said(await ask(ORIGIN))).toEqual({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-a, x-b',
      vary: 'Origin',
    });
  });

  test('does not carry what the upstream says of CORS', async () => {
    const { ask } = await crossing(
      {},
      {
        headers: {
          'access-control-allow-origin': '*',
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'x-secret',
          vary: 'Accept',
        },
      },
    );
    expect(said(await ask(ORIGIN))).toEqual({
      'access-control-allow-origin': ORIGIN,
      vary: 'Accept, Origin',
    });
    expect(said(await ask('https://evil.example'))).toEqual({ vary: 'Accept, Origin' });
    expect(said(await ask(undefined))).toEqual({ vary: 'Accept, Origin' });
  });

  test('that is an error of ours can be read by the page, too', async () => {
    const { ask } = await crossing({}, {}, { jwt: { issuer: 'own' } });
    const denied = await ask(ORIGIN);
    expect([denied.status, said(denied)]).toEqual([
      401,
      { 'access-control-allow-origin': ORIGIN, vary: 'Origin' },
    ]);

    const long = await crossing({}, {}, { limits: { body: '1B' } });
    const refused = await long.ask(ORIGIN, { method: 'POST', body: 'long' });
    expect([refused.status, said(refused)['access-control-allow-origin']]).toEqual([413, ORIGIN]);
  });

  test.each([
    ['respond', { respond: { body: 'x' } }],
    ['redirect', { redirect: { to: '/b' } }],
    ['aggregate', { aggregate: { part: { upstream: 'up', path: '/' } } }],
  ])('of %s carries the same', async (_action, action) => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/a' }, cors: { origins: [ORIGIN] }, ...action } } },
      upstreams: { up: () => ({ body: 1 }) },
    });
    expect(said(await fetch('/a', { headers: { origin: ORIGIN } }))).toEqual({
      'access-control-allow-origin': ORIGIN,
      vary: 'Origin',
    });
  });
});
