import { describe, expect, test } from 'vitest';
import { explainConfig } from '../../src/gateway.ts';
import { folderOf } from '../config/config-files.ts';
import { hmacToken, now, startIssuer } from '../plugins/issuer.ts';
import { asking, pluginsOf } from './asking.ts';

const SECRET = 's'.repeat(32);
const OWN = { iss: 'own', sub: 'alice', aud: 'shop', exp: now() + 600, scope: 'read' };

const jwt = {
  issuers: { own: { issuer: 'own', audience: 'shop', secret: SECRET, algorithms: ['HS256'] } },
};

async function withToken(token: string | undefined, options: object = {}) {
  const { explain } = await asking({
    plugins: { jwt },
    routes: {
      all: { match: { path: '/*' }, jwt: { issuer: 'own', ...options }, upstream: 'up' },
    },
  });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { told: await explain('/x', { headers }) };
}

describe('a token gets', () => {
  test('who its bearer is, and what it says of itself', async () => {
    const { told } = await withToken(hmacToken(SECRET, OWN, { kid: 'k1' }));
    expect(told.outcome).toEqual({ kind: 'called', isCertain: true });
    expect(told.consumer).toEqual({ id: 'alice', via: 'jwt', issuer: 'own', scopes: ['read'] });
    expect(told.plugins[0]?.says).toMatch(
      /^valid: it is that of "alice", by the issuer own; it names the issuer "own", names the key "k1" for "HS256", is for "shop", expires in (600|5\d\d) s$/,
    );
  });

  test.each([
    ['token-issuer', { ...OWN, iss: 'else' }, /it names the issuer "else"/],
    ['token-expired', { ...OWN, exp: now() - 100 }, /expired 10\d s ago/],
    ['token-audience', { ...OWN, aud: 'bank' }, /is for "bank"/],
    ['token-not-yet-valid', { ...OWN, nbf: now() + 500 }, /not valid yet/],
  ])('%s, and why', async (reason, claims, says) => {
    const { told } = await withToken(hmacToken(SECRET, claims));
    expect(told.outcome).toMatchObject({ status: 401, code: 'GW_TOKEN_INVALID', by: 'jwt' });
    expect(told.plugins[0]).toMatchObject({ outcome: 'refuses', reason, isCertain: true });
    expect(told.plugins[0]?.says).toMatch(says);
    expect(told.consumer).toBeUndefined();
  });

  test('that it is not signed by its issuer', async () => {
    const { told } = await withToken(hmacToken('t'.repeat(32), OWN));
    expect(told.plugins[0]).toMatchObject({ outcome: 'refuses', reason: 'token-signature' });
  });

  test('that it is malformed, without a word of it', async () => {
    const { told } = await withToken('not.a.token');
    expect(told.plugins[0]).toMatchObject({ reason: 'token-malformed' });
    expect(told.plugins[0]?.says).toBe('the token is malformed');
  });

  test('the scope that it lacks', async () => {
    const { told } = await withToken(hmacToken(SECRET, OWN), { scopes: ['write'] });
    expect(pluginsOf(told)).toEqual(['jwt: passes', 'jwt: refuses GW_SCOPE_INSUFFICIENT']);
    expect(told.outcome).toMatchObject({ status: 403, detail: 'needs all of the scopes: write' });
  });

  test('401 where there is none; where it is optional, the client is anonymous', async () => {
    expect((await withToken(undefined)).told.outcome).toMatchObject({ code: 'GW_TOKEN_MISSING' });
    const { told } = await withToken(undefined, { optional: true });
    expect(told.plugins[0]?.says).toBe('there is no token: the client is anonymous');
  });
});

describe('keys that are fetched', () => {
  const configOf = (jwks: string): object => ({
    version: 1,
    plugins: {
      jwt: { issuers: { far: { issuer: 'https://far.example', jwks, algorithms: ['ES256'] } } },
    },
    routes: { all: { match: { path: '/*' }, jwt: { issuer: 'far' }, respond: {} } },
  });
  const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  test('are not fetched by a running gateway; a key that it has decides', async () => {
    const { issuer, jwks } = await startIssuer('https://far.example');
    const { explain, fetch } = await asking(configOf(jwks) as never);
    const token = issuer.sign();
    const { outcome, plugins } = await explain('/x', bearing(token));
    expect(outcome).toMatchObject({ isCertain: false });
    expect(plugins[0]?.says).toMatch(/^the keys of its issuer would have to be fetched; /);
    expect(issuer.hits).toBe(0);

    await fetch('/x', bearing(token));
    expect((await explain('/x', bearing(token))).outcome).toMatchObject({ isCertain: true });
    const unknown = await explain('/x', bearing(issuer.sign({}, { kid: 'nobody' })));
    expect(unknown.outcome.isCertain).toBe(false);
    expect(issuer.hits).toBe(1);
  });

  test('are fetched where a config is explained alone, for a token that needs them', async () => {
    const { issuer, jwks } = await startIssuer('https://far.example');
    const folder = folderOf({ 'c.yaml': JSON.stringify(configOf(jwks)) });
    const explain = (token?: string) =>
      explainConfig(
        { file: `${folder}/c.yaml`, environment: {} },
        {
          method: 'GET',
          url: '/x',
          address: '127.0.0.1',
          headers: token === undefined ? [] : [['authorization', `Bearer ${token}`]],
        },
      );
    expect((await explain()).outcome).toMatchObject({ code: 'GW_TOKEN_MISSING' });
    expect(issuer.hits).toBe(0);
    const outcome = { kind: 'answered', status: 200, isCertain: true };
    expect((await explain(issuer.sign())).outcome).toEqual(outcome);
    const unknown = await explain(issuer.sign({}, { kid: 'nobody' }));
    expect(unknown.plugins[0]).toMatchObject({ outcome: 'refuses', reason: 'token-key' });

    issuer.isDown = true;
    const open = await explain(issuer.sign());
    expect(open.outcome.isCertain).toBe(false);
    expect(open.plugins[0]?.says).toMatch(/^the keys of its issuer could not be fetched; /);
  });
});
