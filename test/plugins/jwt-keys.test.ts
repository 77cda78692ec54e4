import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { hmacToken, now, startIssuer } from './issuer.ts';
import { bearing, routed } from './jwt-routes.ts';
import { recordingLog } from './recording-log.ts';

const SECRET = 'a secret of at least thirty-two characters';

describe('the key set', () => {
  test('is fetched again for a key that is new, and the old one ends', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    const old = issuer.sign();
    expect((await fetch('/a', bearing(old))).status).toBe(200);

    issuer.rotate();
    expect((await fetch('/a', bearing(issuer.sign()))).status).toBe(200);

    expect(issuer.hits).toBe(2);
    expect((await fetch('/a', bearing(old))).status).toBe(401);
  });

  test('is fetched once a second, however many unknown keys are asked for', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    await fetch('/a', bearing(issuer.sign()));

    const strangers = Array.from({ length: 30 }, (_, i) => issuer.sign({}, { kid: `k${i}` }));
    const responses = strangers.map(async (token) => (await fetch('/a', bearing(token))).status);

    expect(new Set(await Promise.all(responses))).toEqual(new Set([401]));
    expect(issuer.hits).toBe(2);
  });

  test('keeps who asks for an unknown key waiting, up to a bound', async () => {
    const { fetch, issuer } = await routed({ a: {} });
    await fetch('/a', bearing(issuer.sign()));

    const strangers = Array.from({ length: 300 }, (_, i) => issuer.sign({}, { kid: `k${i}` }));
    const statuses = await Promise.all(
      strangers.map(async (token) => (await fetch('/a', bearing(token))).status),
    );

    expect(statuses.filter((status) => status === 401)).toHaveLength(256);
    expect(statuses.filter((status) => status === 503)).toHaveLength(44);
  });

  test('serves on while the provider is down, and the outage is said once', async () => {
    const { log, lines } = recordingLog();
    const { fetch, issuer, metrics } = await routed({ a: {} }, {}, { own: { refresh: '1s' }, log });
    const old = issuer.sign();
    expect((await fetch('/a', bearing(old))).status).toBe(200);
    issuer.isDown = true;
    await vi.waitUntil(() => issuer.hits >= 3, 5_000);

    expect((await fetch('/a', bearing(issuer.sign({ sub: 'other' })))).status).toBe(200);
    // It may well be a good one.
    issuer.rotate();
    const recent = issuer.sign();
    expect((await fetch('/a', bearing(recent))).status).toBe(503);
    issuer.isDown = false;
    expect((await fetch('/a', bearing(recent))).status).toBe(200);

    const said = lines().filter(({ plugin }) => plugin === 'jwt');
    expect(said.map(({ msg }) => msg)).toEqual([
      'the key set cannot be fetched: the last good one stays in use',
      'the key set can be fetched again',
    ]);
    expect(await metrics()).toMatch(
      /portico_jwks_fetches_total{issuer="shop",result="failed"} [3-9]/,
    );
  });

  test('that is no key set changes nothing', async () => {
    const { fetch, issuer } = await routed({ a: {} }, {}, { own: { refresh: '1s' } });
    await fetch('/a', bearing(issuer.sign()));
    issuer.answer = '<html>';
    await vi.waitUntil(() => issuer.hits >= 2, 5_000);
    expect((await fetch('/a', bearing(issuer.sign({ sub: 'other' })))).status).toBe(200);
  });

  test('is waited for at start-up where the issuer says so', async () => {
    const { issuer, jwks } = await startIssuer('https://late.example');
    issuer.isDown = true;
    const late = { issuer: issuer.issuer, jwks, algorithms: ['ES256'], onStart: 'wait' };
    const starting = routed({ a: { issuer: 'late' } }, { late });
    await vi.waitUntil(() => issuer.hits >= 1, 5_000);
    issuer.isDown = false;

    const { fetch } = await starting;

    expect(issuer.hits).toBe(2);
    expect((await fetch('/a', bearing(issuer.sign()))).status).toBe(200);
    expect(issuer.hits).toBe(2);
  });

  test('that cannot be had is 503, not the client’s fault; known tokens still pass', async () => {
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

const privatePem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });

function publicPem(kind: 'ed25519' | 'rsa' | 'P-256' | 'P-384'): string {
  const { publicKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 1_024 })
        : generateKeyPairSync('ec', { namedCurve: kind });
  return publicKey.export({ type: 'spki', format: 'pem' });
}

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

  test('a file is named relative to the config, wherever the gateway was started', async () => {
    const { issuer } = await startIssuer(base.issuer);
    const folder = mkdtempSync(join(tmpdir(), 'portico-keys-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'own.pem'), issuer.publicPem);
    // The config itself stands in a folder below.
    const own = { issuer: base.issuer, key: '../own.pem', algorithms: ['ES256'] };
    const { fetch, gateway } = await routed({ a: { issuer: 'own' } }, { own }, { folder });
    expect((await fetch('/a', bearing(issuer.sign()))).status).toBe(200);
    expect(gateway.config.files).toContain(join(folder, 'own.pem'));
  });

  test.each([
    [
      { secret: 'x'.repeat(31), algorithms: ['HS256'] },
      /own.secret: HS256 needs at least 32 bytes/,
    ],
    [{ secret: 'x'.repeat(47), algorithms: ['HS256', 'HS384'] }, /HS384 needs at least 48 bytes/],
    [{ secret: 'x'.repeat(63), algorithms: ['HS512'] }, /HS512 needs at least 64 bytes/],
    [{ secret: SECRET, algorithms: ['ES256'] }, /HS\* needs a secret/],
    [{ key: 'no-key.pem', algorithms: ['ES256'] }, /own.key: there is no file "no-key.pem"$/],
    [{ key: '-----BEGIN nothing', algorithms: ['ES256'] }, /own.key: is not a PEM public key$/],
    [{ key: privatePem(), algorithms: ['EdDSA'] }, /own.key: is a private key/],
    [{ key: publicPem('ed25519'), algorithms: ['ES256'] }, /ES256 does not fit this key/],
    [{ key: publicPem('P-384'), algorithms: ['ES256'] }, /which is ec on secp384r1/],
    [{ key: publicPem('P-256'), algorithms: ['ES256', 'RS256'] }, /RS256 does not fit/],
    [{ key: publicPem('rsa'), algorithms: ['RS256'] }, /an RSA key must have at least 2048 bits/],
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
