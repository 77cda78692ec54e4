import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, type Issuer, type Json, now, startIssuer } from './issuer.ts';

/** A gateway that trusts one issuer by its key set, behind `/`, as `options` ask. */
async function trusting(options: object = {}, settings: object = {}) {
  const { issuer, jwks } = await startIssuer();
  const calls: UpstreamRequest[] = [];
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: {
          issuers: {
            shop: {
              issuer: issuer.issuer,
              audience: 'shop',
              jwks,
              algorithms: ['ES256'],
              ...settings,
            },
          },
        },
      },
      routes: { all: forwardTo('/*', { jwt: { issuer: 'shop', ...options } }) },
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return {};
      },
    },
  });
  const ask = (token?: string, headers: Readonly<Record<string, string>> = {}) =>
    gateway.fetch('/', {
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    });
  return { ...gateway, issuer, calls, ask };
}

/** Replaces one part of a token, as somebody would who has no key. */
const forge = (token: string, index: 0 | 1, change: (value: Json) => unknown): string =>
  token
    .split('.')
    .map((text, i) =>
      i === index
        ? Buffer.from(
            JSON.stringify(change(JSON.parse(Buffer.from(text, 'base64url').toString()) as Json)),
          ).toString('base64url')
        : text,
    )
    .join('.');

/** The same bytes of the signature, with other bits behind them. */
function respell(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1]!;
}

describe('a good token', () => {
  test('lets its bearer in, and says who that is', async () => {
    const { ask, issuer, calls } = await trusting();

    const response = await ask(issuer.sign({ scope: 'a b', tenant: 't1' }));

    expect(response.status).toBe(200);
    expect(calls[0]?.consumer).toMatchObject({
      id: 'u1',
      via: 'jwt',
      issuer: 'shop',
      scopes: new Set(['a', 'b']),
      claims: { tenant: 't1' },
    });
  });

  test('costs one look-up of the keys for all of them', async () => {
    const { ask, issuer } = await trusting();
    const tokens = [issuer.sign(), issuer.sign({ sub: 'u2' }), issuer.sign({ sub: 'u3' })];
    const statuses = await Promise.all(
      [...tokens, ...tokens].map(async (each) => (await ask(each)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(issuer.hits).toBe(1);
  });

  test.each([
    ['an audience among several', { aud: ['other', 'shop'] }, {}],
    ['no kid, where there is one key', {}, { kid: undefined }],
    ['the type of RFC 9068', {}, { typ: 'at+jwt' }],
    ['no type', {}, { typ: undefined }],
    // As they are when the token is signed, however long the tests before have taken.
    ['an expiry within the leeway', () => ({ exp: now() - 2 }), {}],
    ['a start within the leeway', () => ({ nbf: now() + 2 }), {}],
    ['no subject', { sub: undefined }, {}],
  ])('may have %s', async (_what, claims, header) => {
    const { ask, issuer } = await trusting();
    const signed = issuer.sign(typeof claims === 'function' ? claims() : claims, header);
    expect((await ask(signed)).status).toBe(200);
  });
});

describe('no token', () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['no Authorization', {}],
    ['another scheme', { authorization: 'Basic dTpw' }],
    ['a token without its scheme', { authorization: 'abc.def.ghi' }],
    ['a cookie nobody asked for', { cookie: 'token=x' }],
  ])('%s is 401 with a bare challenge (RFC 6750 §3.1)', async (_what, headers) => {
    const { ask, calls } = await trusting();
    const response = await ask(undefined, headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="portico"',
    ]);
    expect(await codeOf(response)).toBe('GW_TOKEN_MISSING');
    expect(calls).toEqual([]);
  });
});

type Bad = (issuer: Issuer) => string;

describe('a bad token', () => {
  test.each<readonly [string, Bad]>([
    ['is not one', () => 'x'],
    ['has two parts', (issuer) => issuer.sign().split('.').slice(0, 2).join('.')],
    ['has four parts', (issuer) => `${issuer.sign()}.x`],
    ['has no signature', (issuer) => issuer.sign().replace(/[^.]*$/, '')],
    ['is padded', (issuer) => `${issuer.sign()}=`],
    ['is standard base64', (issuer) => issuer.sign().replace(/.$/, '+')],
    ['has another spelling of its signature', (issuer) => respell(issuer.sign())],
    ['has another spelling of its payload', (issuer) => issuer.sign().replace(/\.(\w+)/, '.$1A')],
    ['has a head that is no JSON', () => 'bm90.bm90.bm90'],
    ['has a list for claims', (issuer) => forge(issuer.sign(), 1, () => [])],
    ['has null for claims', (issuer) => forge(issuer.sign(), 1, () => null)],
    ['was changed', (issuer) => forge(issuer.sign(), 1, (claims) => ({ ...claims, sub: 'admin' }))],
    ['was changed in its head', (issuer) => forge(issuer.sign(), 0, (head) => ({ ...head, x: 1 }))],
    [
      'is of another key',
      (issuer) => {
        const token = issuer.sign();
        issuer.rotate();
        return forge(token, 0, (head) => ({ ...head, kid: 'key-2' }));
      },
    ],
    ['is of no known key', (issuer) => issuer.sign({}, { kid: 'other' })],
    ['has a kid that is no text', (issuer) => issuer.sign({}, { kid: 7 })],
    ['has expired', (issuer) => issuer.sign({ exp: now() - 60 })],
    ['never expires', (issuer) => issuer.sign({ exp: undefined })],
    ['expires at a text', (issuer) => issuer.sign({ exp: '9999999999' })],
    [
      'expires at infinity',
      (issuer) => issuer.signText(`{"iss":"${issuer.issuer}","aud":"shop","exp":1e999}`),
    ],
    ['is not valid yet', (issuer) => issuer.sign({ nbf: now() + 60 })],
    ['was issued in the future', (issuer) => issuer.sign({ iat: now() + 3_600 })],
    ['is of another issuer', (issuer) => issuer.sign({ iss: 'https://evil.example' })],
    ['is of an issuer that only begins so', (issuer) => issuer.sign({ iss: `${issuer.issuer}/x` })],
    ['names no issuer', (issuer) => issuer.sign({ iss: undefined })],
    ['names a list of issuers', (issuer) => issuer.sign({ iss: [issuer.issuer] })],
    ['is for others', (issuer) => issuer.sign({ aud: 'other' })],
    ['is for nobody', (issuer) => issuer.sign({ aud: undefined })],
    ['is for an object', (issuer) => issuer.sign({ aud: { shop: true } })],
    ['says alg none', (issuer) => issuer.sign({}, { alg: 'none' })],
    ['says alg None', (issuer) => issuer.sign({}, { alg: 'None' })],
    ['names no algorithm', (issuer) => issuer.sign({}, { alg: undefined })],
    ['says an algorithm that is not accepted', (issuer) => issuer.sign({}, { alg: 'ES384' })],
    [
      'is HMAC with the public key for its secret',
      (issuer) => hmacToken(issuer.publicPem, { iss: issuer.issuer, aud: 'shop', exp: now() + 60 }),
    ],
    [
      'is HMAC with the key set for its secret',
      (issuer) =>
        hmacToken(JSON.stringify(issuer.keySet), {
          iss: issuer.issuer,
          aud: 'shop',
          exp: now() + 60,
        }),
    ],
    ['is critical of what we do not know', (issuer) => issuer.sign({}, { crit: ['exp'], exp: 1 })],
    ['has an empty list of critical', (issuer) => issuer.sign({}, { crit: [] })],
    [
      'brings its own key',
      (issuer) => issuer.sign({}, { kid: 'mine', jwk: issuer.keySet.keys[0] }),
    ],
    ['is of another type', (issuer) => issuer.sign({}, { typ: 'logout+jwt' })],
    ['is longer than honest ones', (issuer) => issuer.sign({ long: 'x'.repeat(8_000) })],
  ])('that %s is 401 invalid_token', async (_what, bad) => {
    const { ask, issuer, calls } = await trusting();
    const token = bad(issuer);

    const response = await ask(token);

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="portico", error="invalid_token", error_description="[^"]+"$/,
    );
    const text = await response.text();
    expect(text).toContain('GW_TOKEN_INVALID');
    expect(text).not.toMatch(/FST_|FAST_JWT|ERR_|\n *at /);
    expect(calls).toEqual([]);
  });

  test('stays bad beside a good one: failures are not kept', async () => {
    const { ask, issuer } = await trusting();
    const late = issuer.sign({ nbf: now() + 60 });
    expect((await ask(late)).status).toBe(401);
    expect((await ask(issuer.sign())).status).toBe(200);
    expect((await ask(late)).status).toBe(401);
  });
});
