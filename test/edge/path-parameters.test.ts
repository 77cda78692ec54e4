import { describe, expect, test } from 'vitest';
import { file } from '../bff/mounted.ts';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

const SECRET = 'a secret of at least thirty-two characters';

/** Paths guarded by a token, beside routes that are open to all; the upstream notes its requests. */
async function guarded(server: object = {}) {
  const received: string[] = [];
  const jwt = { issuer: 'own' };
  const { url } = await startGateway({
    config: {
      server,
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      routes: {
        admin: forwardTo('/admin/*', { jwt }),
        regex: { match: { pathRegex: '/secret/.*' }, upstream: 'up', jwt, priority: 1 },
        exact: forwardTo('/one/exact', { jwt }),
        vault: forwardTo('/vault/*', { jwt }),
        way: forwardTo('/vault/public/*'),
        tenant: forwardTo('/t/{tenant}/*', { rewrite: '/s/*' }),
        item: forwardTo('/items/{id}', { rewrite: '/things/{id}' }),
        mixed: {
          match: [{ path: '/mixed/{id}' }, { path: '/mixed/{id}/login' }],
          upstream: 'up',
        },
        unmixed: forwardTo('/mixed/*', { jwt }),
        mobile: { match: { path: '/m/*' }, bff: file('two-endpoints') },
        open: forwardTo('/*'),
      },
    },
    upstreams: {
      up: ({ path }) => {
        received.push(path);
        return {};
      },
    },
  });
  const ask = (path: string) => request(url, [`GET ${path} HTTP/1.1`, 'host: a.example']);
  return { url, ask, received };
}

/** Some upstream servers read these as a guarded path, others as an open one. */
const TWO_WAYS = [
  '/admin;a/x',
  '/admin;/x',
  '/admin;',
  '/admin%3Ba/x',
  '/admin%3ba/x',
  '/%61dmin;a/x',
  '/./admin;a/x',
  '/secret;a/x',
  '/secret%3b/x',
  '/one/exact;x',
  '/one;x/exact',
  '/one%3Bx/exact;y',
  // The other way round: an open path below a guarded one.
  '/vault/public;x/y',
  '/vault/public%3b/y',
  '/mixed;x/y',
  // A server that cuts parameters off and then decodes reads /mixed/7/login;x.
  '/mixed/7;a/login%3Bx',
  '/m/orders/export;x',
  '/m/orders/export%3bx',
  '/m/plain;x',
  '/m/;x',
  '/m;x/plain',
  // Empty and dot segments that appear once parameters are cut off.
  '/;/admin/x',
  '/;x/admin/x',
  '/%3B/admin/x',
  '/x/;/y',
  '/x/%3bz/y',
  '/x/..;/admin/x',
  '/x/.;/y',
  '/x/..%3B/y',
  '/x/%2e%2e;a=b/y',
];

describe('parameters of a path', () => {
  test('are 400 if the path without them is served by another route or endpoint', async () => {
    const { ask, received } = await guarded();
    for (const path of TWO_WAYS) {
      const answer = await ask(path);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(problemCode(answer)).toBe('GW_REQUEST_INVALID');
    }
    expect(received).toEqual([]);
  });

  test('are 400 in the same cases over HTTP/2', async () => {
    const { url, received } = await guarded({ tls: pair('server') });
    const session = await openH2(url);
    const statuses = await Promise.all(
      TWO_WAYS.map(async (path) => [path, (await fetchH2(session, { ':path': path })).status]),
    );
    expect(statuses).toEqual(TWO_WAYS.map((path) => [path, 400]));
    expect(received).toEqual([]);
  });

  test('are guarded if all readings are', async () => {
    const { ask } = await guarded();
    for (const path of ['/admin/x;y', '/admin/x%3By/z;w=1', '/secret/x;y', '/vault/x;y/z']) {
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    }
  });

  test('are passed on, and stay in their segment, if the route is the same', async () => {
    const { ask, received } = await guarded();

    for (const path of ['/x;v=1/y;w=2', '/x%3bv/y', '/x/;', '/items/7;v=1', '/t/acme;v=1/a;b']) {
      expect([path, (await ask(path)).status]).toEqual([path, 200]);
    }

    // A path parameter takes the whole segment; replacing a prefix drops its parameters.
    expect(received).toEqual(['/x;v=1/y;w=2', '/x%3Bv/y', '/x/;', '/things/7%3Bv=1', '/s/a;b']);
  });

  test('belong to the parameter of a BFF’s endpoint', async () => {
    const { ask } = await guarded();
    for (const path of ['/m/orders/7;v=1', '/m/orders/7%3bv=1']) {
      const { status, body } = await ask(path);
      expect([status, JSON.parse(body)]).toEqual([200, { at: '7;v=1' }]);
    }
    // Nothing is served there under any reading.
    expect((await ask('/m/none;x')).status).toBe(404);
  });

  test('are all refused by `paths: { parameters: refuse }`', async () => {
    const { ask, received } = await guarded({ paths: { parameters: 'refuse' } });
    for (const path of ['/x;y', '/x%3By', '/x%3by/z', '/items/7;', '/admin/x;y', '/m/orders/7;v']) {
      expect([path, (await ask(path)).status]).toEqual([path, 400]);
    }
    expect((await ask('/x?y=1;2')).status).toBe(200);
    expect(received).toEqual(['/x']);
  });

  test('of a preflight are treated like those of the request it asks about', async () => {
    const { url } = await startGateway({
      config: {
        routes: {
          pages: { match: { path: '/a/*' }, cors: { origins: ['https://a.example'] }, respond: {} },
          rest: { match: { path: '/*' }, cors: { origins: ['https://a.example'] }, respond: {} },
        },
      },
    });
    const preflight = async (path: string) => {
      const origin = ['origin: https://a.example', 'access-control-request-method: GET'];
      return (await request(url, [`OPTIONS ${path} HTTP/1.1`, 'host: a', ...origin])).status;
    };
    expect([await preflight('/a/b;c'), await preflight('/a;c/b')]).toEqual([204, 400]);
  });
});

describe('a path in the config that contains ;', () => {
  const told = async (keys: string): Promise<string[]> => {
    const faults = await faultsOf(withOrders(`routes:\n  a: { ${keys} }`));
    return faults.map((fault) => fault.replace(/^c\.yaml:\d+:\d+ {2}routes\.a\.?/, ''));
  };
  const hint = (found: string): string =>
    `contains "${found}": requests are matched with and without what follows it, so leave it out`;

  test.each([
    ['match: { path: "/a;x/*" }, respond: {}', `match.path: "/a;x/*" ${hint(';')}`],
    ['match: { path: "/a%3Bx" }, respond: {}', `match.path: "/a%3Bx" ${hint('%3B')}`],
    ['match: { pathRegex: "/a;.*" }, respond: {}', `match.pathRegex: ${hint(';')}`],
    ['match: { pathRegex: "/a(%3b.*)?" }, respond: {}', `match.pathRegex: ${hint('%3b')}`],
    ['match: { path: /a/* }, upstream: orders, rewrite: "/b;c/*"', `rewrite: ${hint(';')}`],
    [
      'match: { path: /a }, aggregate: { b: { upstream: orders, path: "/b;c" } }',
      `aggregate.b.path: ${hint(';')}`,
    ],
    ['match: { path: /a }, redirect: { to: "/b;c?d" }', `redirect.to: ${hint(';')}`],
  ])('is a fault that says what to do: %s', async (keys, message) => {
    expect(await told(keys)).toEqual([message]);
  });

  test.each([
    'match: { pathRegex: "/a/[^;/]+/[;]" }, respond: {}',
    'match: { path: /a }, redirect: { to: "https://other.example/b;c" }',
    'match: { path: /a }, redirect: { to: "/b?c;d" }',
  ])('is not a fault in %s', async (keys) => {
    expect(await told(keys)).toEqual([]);
  });

  test('keeps a BFF from starting', async () => {
    const starting = startGateway({
      config: { routes: { m: { match: { path: '/m/*' }, bff: file('semicolon') } } },
    });
    await expect(starting).rejects.toThrow(/GET \/orders;x contains ";"/);
  });
});
