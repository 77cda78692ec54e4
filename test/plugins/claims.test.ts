/** One reader and one spelling of claims, whoever names one. */
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const SECRET = 's'.repeat(32);

const bearing = (members: string) => {
  const claims = `{"iss":"own","sub":"u1","exp":${now() + 300}${members && `,${members}`}}`;
  return { headers: { authorization: `Bearer ${hmacToken(SECRET, claims)}` } };
};

/** What each reader makes of the claim at `path`, for a token with the claims `members`. */
async function readers(path: string) {
  const calls: UpstreamRequest[] = [];
  const jwt = { issuer: 'own' };
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      routes: {
        told: {
          match: { path: '/told' },
          upstream: 'up',
          jwt: { ...jwt, forward: { [path]: 'x-claim' } },
        },
        part: {
          match: { path: '/part' },
          jwt,
          aggregate: { a: { upstream: 'up', path: '/x', query: { q: `{claim.${path}}` } } },
        },
        roles: {
          match: { path: '/roles' },
          upstream: 'up',
          jwt: { ...jwt, roles: ['acme'], rolesClaim: path },
        },
        groups: {
          match: { path: '/groups' },
          upstream: 'up',
          jwt,
          authorize: { groups: ['acme'], groupsClaim: path },
        },
        limited: {
          match: { path: '/limited' },
          upstream: 'up',
          jwt,
          rateLimit: { max: 1, window: '1h', by: `claim:${path}` },
        },
      },
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return { body: {} };
      },
    },
  });
  const { fetch } = gateway;
  /** What is told, what a template has, whether it holds the role and the group `acme`. */
  const read = async (members: string) => {
    calls.length = 0;
    await fetch('/told', bearing(members));
    const part = await fetch('/part', bearing(members));
    const [told, asked] = calls;
    return [
      told?.headers['x-claim'],
      part.status === 200 ? new URLSearchParams(asked?.query).get('q') : part.status,
      (await fetch('/roles', bearing(members))).status,
      (await fetch('/groups', bearing(members))).status,
    ];
  };
  const counted = async (members: string) => (await fetch('/limited', bearing(members))).status;
  return { ...gateway, read, counted };
}

const HAD = ['acme', 'acme', 200, 200];
const ABSENT = [undefined, 400, 403, 403];

describe('a claim', () => {
  test.each<readonly [path: string, members: string, expected: readonly unknown[]]>([
    ['tenant', '"tenant":"acme"', HAD],
    ['tenant.id', '"tenant":{"id":"acme"}', HAD],
    ['tenant.id', '"tenant.id":"acme"', ABSENT],
    ['"tenant.id"', '"tenant.id":"acme"', HAD],
    ["'tenant.id'", '"tenant.id":"acme"', HAD],
    ['"tenant.id"', '"tenant":{"id":"acme"}', ABSENT],
    ['"cognito:username"', '"cognito:username":"acme"', HAD],
    ['"https://shop.test/tenant".id', '"https://shop.test/tenant":{"id":"acme"}', HAD],
    ['tenants.0', '"tenants":["acme"]', HAD],
    ['tenants.length', '"tenants":["acme"]', ABSENT],
    ['constructor', '"a":1', ABSENT],
    ['tenant', '"tenant":null', ABSENT],
  ])('%s of {%s} is the same to all who read it', async (path, members, expected) => {
    const { read } = await readers(path);
    expect(await read(members)).toEqual(expected);
  });

  test.each(['"tenant.id"', 'tenant.id'])('%s is what limits count by, too', async (path) => {
    const { counted } = await readers(path);
    const member = (id: string) =>
      path === 'tenant.id' ? `"tenant":{"id":${id}}` : `"tenant.id":${id}`;
    expect(await counted(member('"a"'))).toBe(200);
    expect(await counted(member('"b"'))).toBe(200);
    expect(await counted(member('"a"'))).toBe(429);
    // Neighbours that JavaScript would take for one number.
    expect(await counted(member('9007199254740992'))).toBe(200);
    expect(await counted(member('9007199254740993'))).toBe(200);
    expect(await counted(member('9007199254740993'))).toBe(429);
    expect(await counted(member('true'))).toBe(200);
  });

  test.each([
    '7615917337495251231',
    '9007199254740993',
    '-9007199254740993',
    '1e400',
    '1.0',
    '1E2',
    '0.1000',
    '-0',
    '0.1234567890123456789',
    '5',
    'true',
    'false',
  ])('that is %s is copied as it came', async (source) => {
    const { read } = await readers('user_id');
    expect(await read(`"user_id":${source}`)).toEqual([source, source, 403, 403]);
  });

  test('keeps its digits in objects and lists, beside keys that could reach a prototype', async () => {
    const { read } = await readers('a.0.b');
    const members = '"__proto__":{"b":1.0},"a":[{"b":7615917337495251231}]';
    expect((await read(members)).slice(0, 2)).toEqual([
      '7615917337495251231',
      '7615917337495251231',
    ]);
  });

  test.each<readonly [object, string]>([
    [{ jwt: { issuer: 'own', forward: { 'cognito:username': 'x-u' } } }, 'cognito:username'],
    [{ jwt: { issuer: 'own', rolesClaim: 'https://a.test/roles' } }, 'https://a.test/roles'],
    [{ jwt: { issuer: 'own' }, authorize: { groups: ['a'], groupsClaim: 'a..b' } }, 'a..b'],
    [
      { jwt: { issuer: 'own' }, rateLimit: { max: 1, window: '1s', by: 'claim:cognito:username' } },
      'cognito:username',
    ],
  ])('that is misspelled is a fault that says how: %j', async (keys, path) => {
    const starting = startGateway({
      config: {
        plugins: {
          jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
        },
        routes: { a: { match: { path: '/a' }, upstream: 'up', ...keys } },
      },
      upstreams: { up: () => ({}) },
    });
    await expect(starting).rejects.toThrow(`"${path}" is not a path such as a.b`);
  });
});

describe('a claim that is no safe number', () => {
  test('reaches plugins as text, and others as numbers', async () => {
    const { fetch } = await startGateway({
      config: {
        plugins: {
          jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
          show: { module: new URL('fixtures/show-claims.ts', import.meta.url).pathname },
        },
        routes: {
          a: { match: { path: '/a' }, upstream: 'up', jwt: { issuer: 'own' }, show: {} },
        },
      },
      upstreams: { up: () => ({ body: {} }) },
    });
    const members = '"big":9007199254740993,"list":[1e400,1.0],"small":1E2,"zero":-0';
    const response = await fetch('/a', bearing(members));
    expect(JSON.parse(response.headers.get('x-claims') ?? '')).toMatchObject({
      big: '9007199254740993',
      list: ['1e400', 1],
      small: 100,
      zero: 0,
    });
  });

  test.each(['"sub":7615917337495251231', '"jti":7615917337495251231', '"exp":1e400'])(
    'is no text where one is asked for: %s',
    async (member) => {
      const { fetch } = await readers('sub');
      const { exp } = { exp: now() + 300 };
      const own = member.startsWith('"exp"') ? '"sub":"u1"' : `"exp":${exp}`;
      const token = hmacToken(SECRET, `{"iss":"own",${own},${member}}`);
      const response = await fetch('/told', { headers: { authorization: `Bearer ${token}` } });
      expect([response.status, await codeOf(response)]).toEqual([401, 'GW_TOKEN_INVALID']);
    },
  );
});
