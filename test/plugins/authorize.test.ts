import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/fault.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const OWN = { issuer: 'https://own.example', secret: SECRET, algorithms: ['HS256'] };

const open = (authorize: object, jwt: object = {}) =>
  startGateway({
    config: {
      plugins: { jwt: { issuers: { own: OWN } } },
      routes: { all: forwardTo('/*', { jwt: { issuer: 'own', ...jwt }, authorize }) },
    },
    upstreams: { up: () => ({}) },
  });

const bearing = (claims: object): Record<string, string> => ({
  authorization: `Bearer ${hmacToken(SECRET, { iss: OWN.issuer, sub: 'u1', exp: now() + 60, ...claims })}`,
});

async function outcome(
  authorize: object,
  claims: object,
  method = 'GET',
): Promise<readonly [number, string | undefined]> {
  const { fetch } = await open(authorize);
  const response = await fetch('/', { method, headers: bearing(claims) });
  return [response.status, response.status === 200 ? undefined : await codeOf(response)];
}

const REFUSED = [403, 'GW_SCOPE_INSUFFICIENT'];
const SERVED = [200, undefined];

describe('scopes', () => {
  test.each([
    ['all', 'a b c', SERVED],
    ['all', 'a', REFUSED],
    ['any', 'b', SERVED],
    ['any', 'c', REFUSED],
    ['any', '', REFUSED],
  ])('%s of them: who holds "%s" is answered %j', async (match, scope, expected) => {
    expect(await outcome({ scopes: ['a', 'b'], match }, { scope })).toEqual(expected);
  });

  test('are named in the challenge', async () => {
    const { fetch } = await open({ scopes: ['a', 'b'] });
    const response = await fetch('/', { headers: bearing({}) });
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="portico", error="insufficient_scope", scope="a b"',
    );
  });
});

describe('groups', () => {
  test.each([
    [{ groups: ['staff', 'x'] }, SERVED],
    [{ groups: 'staff' }, SERVED],
    [{ groups: ['other'] }, REFUSED],
    [{ groups: { staff: true } }, REFUSED],
    [{}, REFUSED],
  ])('one of them will do: %j is answered %j', async (claims, expected) => {
    expect(await outcome({ groups: ['staff', 'admins'] }, claims)).toEqual(expected);
  });

  test.each([
    ['realm.groups', { realm: { groups: ['staff'] } }, SERVED],
    ['"https://x.example/groups"', { 'https://x.example/groups': ['staff'] }, SERVED],
    ['realm.groups', { realm: 'staff' }, REFUSED],
    ['constructor.name', {}, REFUSED],
  ])('are read from the claim %s', async (groupsClaim, claims, expected) => {
    expect(await outcome({ groups: ['staff'], groupsClaim }, claims)).toEqual(expected);
  });

  test('are not told to who is in none', async () => {
    const { fetch } = await open({ groups: ['secret-club'] });
    expect(await (await fetch('/', { headers: bearing({}) })).text()).not.toContain('secret-club');
  });
});

describe('a rule of a method', () => {
  const rules = {
    scopes: ['read'],
    methods: { POST: { scopes: ['write'] }, DELETE: { consumers: ['root'] } },
  };

  test.each([
    ['GET', { scope: 'read' }, SERVED],
    ['GET', { scope: 'write' }, REFUSED],
    ['HEAD', { scope: 'read' }, [200, undefined]],
    ['POST', { scope: 'read' }, REFUSED],
    ['POST', { scope: 'write' }, SERVED],
    ['DELETE', { scope: 'read write' }, REFUSED],
    ['DELETE', { sub: 'root' }, SERVED],
  ])('stands instead of the others: %s with %j is %j', async (method, claims, expected) => {
    expect(await outcome(rules, claims, method)).toEqual(expected);
  });

  test('of GET is that of HEAD', async () => {
    const { fetch } = await open({ scopes: ['a'], methods: { GET: { scopes: ['b'] } } });
    const ask = (scope: string) => fetch('/', { method: 'HEAD', headers: bearing({ scope }) });
    expect([(await ask('a')).status, (await ask('b')).status]).toEqual([403, 200]);
  });

  test('may ask for nothing', async () => {
    expect(await outcome({ scopes: ['a'], methods: { GET: {} } }, {})).toEqual(SERVED);
  });
});

test('who is nobody is asked who it is', async () => {
  const { fetch } = await open({ scopes: ['a'] }, { optional: true });
  const response = await fetch('/');
  expect([response.status, await codeOf(response)]).toEqual([401, 'GW_TOKEN_MISSING']);
  expect(response.headers.get('www-authenticate')).toContain('Bearer');
});

test.each([
  [{ authorize: { scopes: ['a'] } }, 'nothing authenticates the client'],
  [{ jwt: { issuer: 'own' }, authorize: {} }, 'requires nothing'],
  [
    { jwt: { issuer: 'own' }, authorize: { methods: { get: { scopes: ['a'] } } } },
    'is not a method',
  ],
  [{ jwt: { issuer: 'own' }, authorize: { scope: ['a'] } }, 'did you mean "scopes"'],
])('%j is refused: %s', async (keys, message) => {
  const started = startGateway({
    config: {
      plugins: { jwt: { issuers: { own: OWN } } },
      routes: { all: forwardTo('/*', keys) },
    },
    upstreams: { up: () => ({}) },
  });
  await expect(started).rejects.toThrow(ConfigError);
  await expect(started).rejects.toThrow(message);
});

describe('consumers', () => {
  const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
  const session = new URL('alone/session.ts', import.meta.url).pathname;
  const both = (consumers: unknown, keys: object = {}) =>
    startGateway({
      config: {
        plugins: {
          jwt: { issuers: { own: OWN } },
          apiKey: { consumers: { acme: { keys: [hash('key')] } } },
          session: { module: session },
        },
        routes: {
          all: forwardTo('/*', {
            jwt: { issuer: 'own', optional: true },
            apiKey: { optional: true },
            authorize: { consumers },
            ...keys,
          }),
        },
      },
      upstreams: { up: () => ({}) },
    });

  test.each([
    [['acme'], [200, 200]],
    [[{ via: 'apiKey', id: 'acme' }], [403, 200]],
    [[{ via: 'jwt', id: 'acme' }], [200, 403]],
    [[{ via: 'jwt', id: 'other' }], [403, 403]],
  ])(
    '%j: a token of that sub, and a key of that name, are answered %j',
    async (named, expected) => {
      const { fetch } = await both(named);
      const token = await fetch('/', { headers: bearing({ sub: 'acme' }) });
      const key = await fetch('/', { headers: { 'x-api-key': 'key' } });
      expect([token.status, key.status]).toEqual(expected);
    },
  );

  test.each([
    ['apiKye', 'this route has no apiKye that authenticates the client; did you mean "apiKey"?'],
    ['mtls', 'this route has no mtls that authenticates the client (known: jwt, apiKey)'],
    ['authorize', 'this route has no authorize that authenticates the client'],
  ])('named by %s, which does not say who it is there, are a fault', async (via, fault) => {
    await expect(both([{ via, id: 'acme' }])).rejects.toThrow(
      `authorize.consumers[0].via: ${fault}`,
    );
  });

  test('may be known from a plugin of yours that identifies', async () => {
    const keys = { jwt: false, apiKey: false, session: {} };
    const { fetch } = await both([{ via: 'session', id: 'ann' }], keys);
    expect((await fetch('/a')).status).toBe(200);
    const limited = { ...keys, rateLimit: { max: 1, window: '1m', by: 'claim:plan' } };
    await both([{ via: 'session', id: 'ann' }], limited);
  });
});
