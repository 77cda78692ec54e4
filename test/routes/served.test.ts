import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { type RawResponse, request } from '../gateway/support/socket.ts';

const answer = (body: unknown, more: object = {}) => ({ respond: { body, ...more } });

describe('a request that no route matches', () => {
  test('gets a 404 problem document that does not reveal what exists', async () => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/a' }, ...answer('a') } } },
    });
    const response = await fetch('/b');
    expect(response.status).toBe(404);
    expect(await codeOf(response)).toBe('GW_ROUTE_NOT_FOUND');
  });

  test('gets a 405 with Allow if only the method is wrong (RFC 9110 §15.5.6)', async () => {
    const { fetch } = await startGateway({
      config: {
        routes: {
          get: { match: { path: '/a', methods: ['GET'] }, ...answer('a') },
          put: { match: { path: '/*', methods: ['PUT'] }, ...answer('b') },
        },
      },
    });
    const response = await fetch('/a', { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
    expect(await codeOf(response)).toBe('GW_METHOD_NOT_ALLOWED');
  });
});

describe('more routes on one path than a router supports', () => {
  test('each get their own requests; those that match none fall through', async () => {
    const versions = Array.from({ length: 40 }, (_, i) => `v${i}`);
    const { fetch } = await startGateway({
      config: {
        routes: {
          ...Object.fromEntries(
            versions.map((version) => [
              version,
              { match: { path: '/a', headers: { version } }, ...answer(version) },
            ]),
          ),
          none: { match: { path: '/a' }, ...answer('none') },
        },
      },
    });
    const ask = async (version: string) => (await fetch('/a', { headers: { version } })).text();
    expect(await Promise.all(versions.map(ask))).toEqual(versions);
    expect(await ask('v40')).toBe('none');
  });
});

describe('HEAD', () => {
  const upstreams = { up: () => ({ body: { a: 1 }, headers: { 'content-length': '7' } }) };

  test.each([
    ['respond', { ...answer({ a: 1 }) }],
    ['redirect', { redirect: { to: '/b' } }],
    ['aggregate', { aggregate: { part: { upstream: 'up', path: '/' } } }],
    ['forward', { upstream: 'up' }],
  ])('of %s has the head of GET, and no body', async (_action, route) => {
    const { url } = await startGateway({
      config: { routes: { route: { match: { path: '/a', methods: ['GET'] }, ...route } } },
      upstreams,
    });

    const get = await request(url, ['GET /a HTTP/1.1', 'host: a']);
    const head = await request(url, ['HEAD /a HTTP/1.1', 'host: a']);

    const shown = ({ status, headers }: RawResponse) => [
      status,
      headers['content-type'],
      headers['location'],
      // HEAD may omit the length of an empty body.
      headers['content-length'] ?? '0',
    ];
    expect(shown(head)).toEqual(shown(get));
    expect(head.body).toBe('');
  });

  test('reaches the upstream as HEAD if forwarded, as GET if composed', async () => {
    const methods: string[] = [];
    const { fetch } = await startGateway({
      config: {
        routes: {
          forwarded: forwardTo('/f'),
          composed: { match: { path: '/c' }, aggregate: { part: { upstream: 'up', path: '/' } } },
        },
      },
      upstreams: {
        up: ({ method }) => {
          methods.push(method);
          return { body: method === 'HEAD' ? undefined : {} };
        },
      },
    });
    await fetch('/f', { method: 'HEAD' });
    await fetch('/c', { method: 'HEAD' });
    expect(methods).toEqual(['HEAD', 'GET']);
  });
});

describe('respond', () => {
  test.each([
    [{ body: { ok: true } }, 200, 'application/json', '{"ok":true}'],
    [{ body: 'hello' }, 200, 'text/plain; charset=utf-8', 'hello'],
    [{ status: 404, body: null }, 404, 'application/json', 'null'],
    [{ body: [1] }, 200, 'application/json', '[1]'],
    [
      { status: 418, body: '<a>', headers: { 'Content-Type': 'text/html' } },
      418,
      'text/html',
      '<a>',
    ],
    [{ status: 204 }, 204, null, ''],
    [{ status: 503 }, 503, null, ''],
  ])('%j', async (respond, status, type, body) => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/a' }, respond } } },
    });
    const response = await fetch('/a');
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    expect(await response.text()).toBe(body);
  });
});

describe('redirect', () => {
  test.each([
    ['/old/a/b?q=1', '/new/a/b?q=1'],
    ['/old', '/new'],
    ['/old/', '/new/'],
    ['/old/a%20b//c/../d', '/new/a%20b/d'],
    ['/old//evil.example', '/new/evil.example'],
    ['/items/a%20b?x', 'https://shop.example/things/a%20b?from=old&x'],
    ['/items/%2e%2e?x', '/root/?x'],
    ["/items/a:b;c@!$&'()*+,=", "https://shop.example/things/a:b%3Bc@!$&'()*+,=?from=old"],
    ['/hosts/evil.example:80@', 'https://evil.example%3A80%40.shop.example/'],
    ['/hosts/a%3a', 'https://a%3A.shop.example/'],
    ['/query/a:b+c', '/q?id=a%3Ab%2Bc'],
    ['/up//evil.example', '/evil.example'],
    ['/up', '/'],
  ])('%s goes to %s', async (path, location) => {
    const { url } = await startGateway({
      config: {
        routes: {
          old: { match: { path: '/old/*' }, redirect: { to: '/new/*' } },
          item: {
            match: { path: '/items/{id}' },
            redirect: { to: 'https://shop.example/things/{id}?from=old', status: 302 },
          },
          up: { match: { path: '/up/*' }, redirect: { to: '/*' } },
          host: { match: { path: '/hosts/{id}' }, redirect: { to: 'https://{id}.shop.example/' } },
          query: { match: { path: '/query/{id}' }, redirect: { to: '/q?id={id}' } },
          root: { match: { path: '/' }, redirect: { to: '/root/' } },
        },
      },
    });
    const { status, headers } = await request(url, [`GET ${path} HTTP/1.1`, 'host: a']);
    expect(headers['location']).toBe(location);
    expect(status).toBe(path.startsWith('/items/a') ? 302 : 308);
  });
});

test('a redirect is 400 if a parameter cannot stand in its path', async () => {
  const { url } = await startGateway({
    config: {
      routes: {
        old: { match: { path: '/old/{id}' }, redirect: { to: '/new/{id}' } },
        regex: { match: { pathRegex: '/x(?P<dots>[.]*)y' }, redirect: { to: '/new/{dots}/z' } },
      },
    },
  });
  for (const path of [`/old/${'a'.repeat(1_025)}`, '/x..y', '/xy']) {
    expect((await request(url, [`GET ${path} HTTP/1.1`, 'host: a'])).status).toBe(400);
  }
});

describe('rewrite', () => {
  test('cannot be escaped by the value of a parameter', async () => {
    const seen: string[] = [];
    const { url } = await startGateway({
      config: {
        server: { paths: { escapedSlash: 'keep' } },
        routes: {
          item: forwardTo('/items/{id}', { rewrite: '/things/{id}/public' }),
          both: forwardTo('/both/{id}/*', { rewrite: '/x/{id}/*' }),
        },
      },
      upstreams: {
        up: ({ path }) => {
          seen.push(path);
          return {};
        },
      },
    });
    const ask = async (path: string) =>
      (await request(url, [`GET ${path} HTTP/1.1`, 'host: a'])).status;

    expect(await ask('/items/a%2Fb')).toBe(200);
    expect(await ask('/items/%252e%252e')).toBe(200);
    expect(await ask('/items/a%3Fb%23c')).toBe(200);
    expect(await ask('/items/a%3acancel')).toBe(200);
    expect(await ask("/items/a:@!$&'()*+,=")).toBe(200);
    expect(await ask('/items/a;b')).toBe(200);
    expect(await ask(`/items/${'a'.repeat(1_025)}`)).toBe(400);
    expect(await ask('/both/a/b/c')).toBe(200);
    expect(seen).toEqual([
      '/things/a%2Fb/public',
      '/things/%252e%252e/public',
      '/things/a%3Fb%23c/public',
      '/things/a:cancel/public',
      "/things/a:@!$&'()*+,=/public",
      '/things/a%3Bb/public',
      '/x/a/b/c',
    ]);
  });
});
