import { afterEach, describe, expect, test, vi } from 'vitest';
import type { UpstreamRequest } from '../../src/call.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now, startIssuer } from './issuer.ts';

const bearing = (token: string, more: object = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

/** Routes by their `jwt` options, at `/name`; one issuer, or several. */
async function routed(options: Readonly<Record<string, object | false>>, issuers: object = {}) {
  const { issuer, jwks } = await startIssuer();
  const calls: UpstreamRequest[] = [];
  const own = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'] };
  const gateway = await startGateway({
    config: {
      plugins: { jwt: { issuers: { shop: own, ...issuers } } },
      routes: Object.fromEntries(
        Object.entries(options).map(([name, jwt]) => [
          name,
          forwardTo(`/${name}`, { jwt: jwt === false ? false : { issuer: 'shop', ...jwt } }),
        ]),
      ),
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return {};
      },
    },
  });
  return { ...gateway, issuer, calls };
}

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

describe('the key set', () => {
  test('is fetched again for a key that is new, and the old one ends', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { fetch, issuer } = await routed({ a: {} });
    const old = issuer.sign();
    expect((await fetch('/a', bearing(old))).status).toBe(200);

    issuer.rotate();
    // Not more often than every few seconds, whatever keys are asked for.
    vi.setSystemTime(Date.now() + 6_000);
    expect((await fetch('/a', bearing(issuer.sign()))).status).toBe(200);

    expect(issuer.hits).toBe(2);
    expect((await fetch('/a', bearing(old))).status).toBe(401);
  });

  test('is not fetched for every unknown key', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    await fetch('/a', bearing(issuer.sign()));
    for (let i = 0; i < 5; i++) {
      expect((await fetch('/a', bearing(issuer.sign({}, { kid: `k${i}` })))).status).toBe(401);
    }
    expect(issuer.hits).toBe(1);
  });

  test('that can not be had is 503, not the client’s fault; known tokens still pass', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    issuer.isDown = true;

    const response = await fetch('/a', bearing(issuer.sign()));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await codeOf(response)).toBe('GW_DEPENDENCY_DOWN');

    issuer.isDown = false;
    const token = issuer.sign();
    expect((await fetch('/a', bearing(token))).status).toBe(200);
    issuer.isDown = true;
    expect((await fetch('/a', bearing(token))).status).toBe(200);
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
