import { afterEach, describe, expect, test, vi } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { hmacToken, now, startIssuer } from './issuer.ts';
import { bearing, routed } from './jwt-routes.ts';

const SECRET = 'a secret of at least thirty-two characters';

afterEach(() => {
  vi.useRealTimers();
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

describe('keys that are written down', () => {
  const base = { issuer: 'https://own.example', audience: 'shop' };
  const claims = { iss: base.issuer, aud: 'shop', exp: now() + 60 };

  test('a shared secret verifies HS256, and nothing else', async () => {
    const own = { ...base, secret: SECRET, algorithms: ['HS256'] };
    const { fetch, issuer } = await routed({ a: { issuer: 'own' } }, { own });
    const ask = async (token: string) => (await fetch('/a', bearing(token))).status;

    expect(await ask(hmacToken(SECRET, claims))).toBe(200);
    expect(await ask(hmacToken('', claims))).toBe(401);
    expect(await ask(hmacToken(`${SECRET}x`, claims))).toBe(401);
    expect(await ask(hmacToken(SECRET, claims, { alg: 'HS512' }))).toBe(401);
    expect(await ask(issuer.sign({ iss: base.issuer }))).toBe(401);
  });

  test('a public key verifies without a look-up', async () => {
    const { issuer } = await startIssuer(base.issuer);
    const own = { issuer: base.issuer, key: issuer.publicPem, algorithms: ['ES256'] };
    const { fetch } = await routed({ a: { issuer: 'own' } }, { own });
    const ask = async (token: string) => (await fetch('/a', bearing(token))).status;

    expect(await ask(issuer.sign({ aud: undefined }))).toBe(200);
    expect(await ask(hmacToken(issuer.publicPem, claims))).toBe(401);
    expect(issuer.hits).toBe(0);
  });

  test.each([
    [{ secret: 'short', algorithms: ['HS256'] }, /secret/],
    [{ secret: SECRET, algorithms: ['ES256'] }, /HS\* goes with a secret/],
    [{ key: 'no key', algorithms: ['ES256'] }, /neither a PEM public key nor a file/],
    [{ secret: SECRET, jwks: 'https://a.example', algorithms: ['HS256'] }, /exactly one of/],
    [{ algorithms: ['ES256'] }, /exactly one of/],
    [{ jwks: 'file:///etc/passwd', algorithms: ['ES256'] }, /http or https URL/],
    [{ secret: SECRET, algorithms: ['none'] }, /algorithms/],
    [{ secret: SECRET, algorithms: [] }, /algorithms/],
  ])('%j refuses the config', async (keys, message) => {
    const own = { ...base, ...keys };
    await expect(routed({ a: { issuer: 'own' } }, { own })).rejects.toThrow(message);
  });
});
