import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const KEY = 'k-4fd1a8c2e07b4c1f9a33';
const SECRET = 'a secret of at least thirty-two characters';
const OWN = { issuer: 'https://own.example', secret: SECRET, algorithms: ['HS256'] };
const bearer = `Bearer ${hmacToken(SECRET, { iss: OWN.issuer, sub: 'u1', exp: now() + 60 })}`;

const BOTH = { jwt: { issuer: 'own', optional: true }, apiKey: { optional: true } };

async function open(keys: object) {
  const seen: unknown[] = [];
  const digest = createHash('sha256').update(KEY).digest('hex');
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: OWN } },
        apiKey: { consumers: { acme: { keys: [digest] } } },
      },
      routes: { all: forwardTo('/*', keys) },
    },
    upstreams: {
      up: ({ consumer }) => {
        seen.push(consumer && `${consumer.via}:${consumer.id}`);
        return {};
      },
    },
  });
  const ask = (headers: Readonly<Record<string, string>>) => gateway.fetch('/', { headers });
  return { ask, seen };
}

describe('anyOf', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a token', { authorization: bearer }, 'jwt:u1'],
    ['a key', { 'x-api-key': KEY }, 'apiKey:acme'],
    [
      'both, and then the token says who it is',
      { authorization: bearer, 'x-api-key': KEY },
      'jwt:u1',
    ],
  ])('lets in with %s', async (_what, headers, who) => {
    const { ask, seen } = await open({ ...BOTH, auth: { anyOf: ['jwt', 'apiKey'] } });
    expect((await ask(headers)).status).toBe(200);
    expect(seen).toEqual([who]);
  });

  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['a bad token', { authorization: 'Bearer x' }],
    ['a bad token beside a good key', { authorization: 'Bearer x', 'x-api-key': KEY }],
    ['a bad key', { 'x-api-key': 'x' }],
    ['a bad key beside a good token', { authorization: bearer, 'x-api-key': 'x' }],
  ])('refuses %s', async (_what, headers) => {
    const { ask, seen } = await open({ ...BOTH, auth: { anyOf: ['jwt', 'apiKey'] } });
    const response = await ask(headers);
    expect([response.status, await codeOf(response)]).toEqual([401, 'GW_TOKEN_INVALID']);
    expect(seen).toEqual([]);
  });

  test.each([
    [['jwt', 'apiKey'], 'Bearer realm="portico", ApiKey realm="portico", header="x-api-key"'],
    [['apiKey', 'jwt'], 'ApiKey realm="portico", header="x-api-key", Bearer realm="portico"'],
  ])('%j asks for them in this order', async (anyOf, challenges) => {
    const { ask, seen } = await open({ ...BOTH, auth: { anyOf } });
    const response = await ask({});
    expect([response.status, await codeOf(response)]).toEqual([401, 'GW_TOKEN_MISSING']);
    expect(response.headers.get('www-authenticate')).toBe(challenges);
    expect(seen).toEqual([]);
  });

  test.each<readonly [object, RegExp]>([
    [{ jwt: BOTH.jwt, auth: { anyOf: ['jwt', 'apiKey'] } }, /anyOf\[1\]: this route has no apiKey/],
    [
      { ...BOTH, jwt: { issuer: 'own' }, auth: { anyOf: ['jwt', 'apiKey'] } },
      /anyOf\[0\]: jwt admits nobody else: give it "optional: true"/,
    ],
    [{ ...BOTH, apiKey: false, auth: { anyOf: ['apiKey'] } }, /this route has no apiKey/],
    [{ ...BOTH, auth: { anyOf: [] } }, /anyOf/],
  ])('%j refuses the config', async (keys, fault) => {
    await expect(open(keys)).rejects.toThrow(fault);
  });
});
