import { afterEach, describe, expect, test, vi } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { hmacToken, type Json, now } from './issuer.ts';
import { bearing, routed } from './jwt-routes.ts';

describe('scopes', () => {
  test.each([
    ['all', { scope: 'a b c' }, 200],
    ['all', { scope: 'a' }, 403],
    ['all', { scope: '' }, 403],
    ['all', {}, 403],
    ['all', { scp: ['a', 'b'] }, 200],
    ['all', { scope: ['b', 'a'] }, 200],
    ['all', { scope: 'ab' }, 403],
    ['all', { scope: 'A B' }, 403],
    ['any', { scope: 'b' }, 200],
    ['any', { scope: 'c' }, 403],
    ['any', { scope: { a: true } }, 403],
  ])('%s of a and b, with %j, is %i', async (match, claims, status) => {
    const { fetch, issuer } = await routed({ a: { scopes: ['a', 'b'], match } });

    const response = await fetch('/a', bearing(issuer.sign(claims)));

    expect(response.status).toBe(status);
    if (status !== 403) return;
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="portico", error="insufficient_scope", scope="a b"',
    );
    expect(await codeOf(response)).toBe('GW_SCOPE_INSUFFICIENT');
  });
});

describe('roles', () => {
  const keycloak = { realm_access: { roles: ['admin', 'staff'] } };
  const url = 'https://shop.example/roles';

  test.each<readonly [object, Json, number]>([
    [{ roles: ['admin'] }, { roles: ['admin', 'x'] }, 200],
    [{ roles: ['admin'] }, { roles: 'admin' }, 200],
    [{ roles: ['admin'] }, { roles: ['Admin'] }, 403],
    [{ roles: ['admin'] }, { roles: 'admin staff' }, 403],
    [{ roles: ['admin'] }, { roles: { admin: true } }, 403],
    [{ roles: ['admin'] }, {}, 403],
    [{ roles: ['admin', 'staff'] }, { roles: ['staff'] }, 403],
    [{ roles: ['admin', 'staff'], match: 'any' }, { roles: ['staff'] }, 200],
    [{ roles: ['staff'], rolesClaim: 'realm_access.roles' }, keycloak, 200],
    [{ roles: ['owner'], rolesClaim: 'realm_access.roles' }, keycloak, 403],
    [{ roles: ['staff'], rolesClaim: 'realm_access.constructor' }, keycloak, 403],
    [{ roles: ['admin'], rolesClaim: `"${url}"` }, { [url]: ['admin'] }, 200],
    [{ roles: ['admin'], scopes: ['a'] }, { roles: ['admin'], scope: 'a' }, 200],
    [{ roles: ['admin'], scopes: ['a'], match: 'any' }, { roles: ['admin'] }, 403],
    [{ roles: ['admin'], scopes: ['a'], match: 'any' }, { scope: 'a' }, 403],
  ])('%j, with %j, is %i', async (options, claims, status) => {
    const { fetch, issuer } = await routed({ a: options });
    const response = await fetch('/a', bearing(issuer.sign(claims)));
    expect(response.status).toBe(status);
    if (status === 403) expect(await codeOf(response)).toBe('GW_SCOPE_INSUFFICIENT');
  });

  test('are where the issuer says, unless the route says otherwise', async () => {
    const { fetch, issuer } = await routed(
      { a: { roles: ['admin'] }, b: { roles: ['admin'], rolesClaim: 'groups' } },
      {},
      { own: { rolesClaim: 'realm_access.roles' } },
    );
    const token = issuer.sign(keycloak);
    expect((await fetch('/a', bearing(token))).status).toBe(200);
    const refused = await fetch('/b', bearing(token));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="portico", error="insufficient_scope", error_description="needs all of the roles: admin"',
    );
  });
});

describe('optional', () => {
  test('lets pass who has no token, and refuses a bad one', async () => {
    const { fetch, issuer, calls } = await routed({ a: { optional: true, scopes: ['x'] } });

    expect((await fetch('/a')).status).toBe(200);
    expect((await fetch('/a', bearing('nonsense'))).status).toBe(401);
    expect((await fetch('/a', bearing(issuer.sign()))).status).toBe(403);
    expect((await fetch('/a', bearing(issuer.sign({ scope: 'x' })))).status).toBe(200);

    expect(calls.map(({ consumer }) => consumer?.id)).toEqual([undefined, 'u1']);
  });
});

describe('a cookie', () => {
  test('holds the token where no header does', async () => {
    const { fetch, issuer } = await routed({ a: { cookie: 'token' } });
    const cookie = `other=1; token=${issuer.sign()}`;

    expect((await fetch('/a', { headers: { cookie } })).status).toBe(200);
    expect((await fetch('/a', bearing('bad', { cookie }))).status).toBe(401);
    expect((await fetch('/a', { headers: { cookie: 'token=' } })).status).toBe(401);
    expect((await fetch('/a', { headers: { cookie: 'token=x' } })).status).toBe(401);
  });
});

describe('forward', () => {
  test('tells upstreams what the token says, and only that', async () => {
    const { fetch, issuer, calls } = await routed({
      told: {
        forward: { sub: 'x-user-id', name: 'x-user-name', level: 'x-level', list: 'x-list' },
      },
      other: {},
      open: false,
    });
    const forged = {
      'x-user-id': 'admin',
      'x-user-name': 'root',
      x_user_id: 'admin',
      'x-list': 'y',
    };
    const token = issuer.sign({ name: 'Ädä\r\nx-admin: 1', level: 3, list: ['a'] });

    await fetch('/told', bearing(token, forged));
    await fetch('/other', bearing(token, forged));
    await fetch('/open', { headers: forged });

    const seen = calls.map(({ headers }) => [
      headers['x-user-id'],
      headers['x-user-name'],
      headers['x-level'],
      headers['x-list'],
      headers['x-admin'],
    ]);
    const nothing = [undefined, undefined, undefined, undefined, undefined];
    expect(seen).toEqual([
      ['u1', '%C3%84d%C3%A4%0D%0Ax-admin%3A%201', '3', undefined, undefined],
      nothing,
      nothing,
    ]);
  });
});

describe('a token that was verified before', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('ends when it expires', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    const token = issuer.sign({ exp: now() + 10 });
    expect((await fetch('/a', bearing(token))).status).toBe(200);

    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 14_000);
    expect((await fetch('/a', bearing(token))).status).toBe(200);
    vi.setSystemTime(Date.now() + 2_000);
    expect((await fetch('/a', bearing(token))).status).toBe(401);
  });

  test('does not hold for a route of another issuer', async () => {
    const other = {
      issuer: 'https://other.example',
      secret: 'another secret of thirty-two characters',
      algorithms: ['HS256'],
    };
    const { fetch, issuer } = await routed(
      { shop: {}, other: { issuer: 'other' }, either: { issuer: ['shop', 'other'] } },
      { other },
    );
    const own = issuer.sign();
    const theirs = hmacToken(other.secret, { iss: other.issuer, exp: now() + 60 });
    const ask = async (path: string, token: string) => (await fetch(path, bearing(token))).status;

    expect([await ask('/shop', own), await ask('/other', own)]).toEqual([200, 401]);
    expect([await ask('/other', theirs), await ask('/shop', theirs)]).toEqual([200, 401]);
    expect([await ask('/either', own), await ask('/either', theirs)]).toEqual([200, 200]);
    // A key of one issuer does not speak for another.
    const crossed = hmacToken(other.secret, { iss: issuer.issuer, aud: 'shop', exp: now() + 60 });
    expect(await ask('/either', crossed)).toBe(401);
  });

  test('does not hold for another audience of the same issuer', async () => {
    const secret = 'a secret of at least thirty-two characters';
    const base = { issuer: 'https://same.example', secret, algorithms: ['HS256'] };
    const { fetch } = await routed(
      { one: { issuer: 'one' }, two: { issuer: 'two' }, both: { issuer: ['one', 'two'] } },
      { one: { ...base, audience: 'one' }, two: { ...base, audience: 'two' } },
    );
    const ask = async (path: string, aud: string) =>
      (await fetch(path, bearing(hmacToken(secret, { iss: base.issuer, aud, exp: now() + 60 }))))
        .status;

    expect([await ask('/one', 'one'), await ask('/two', 'one')]).toEqual([200, 401]);
    expect([await ask('/both', 'one'), await ask('/both', 'two')]).toEqual([200, 200]);
    expect(await ask('/both', 'three')).toBe(401);
  });
});
