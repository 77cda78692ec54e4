import {
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  type SignKeyObjectInput,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Json, now, startIssuer } from './issuer.ts';
import { bearing, routed } from './jwt-routes.ts';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ec = (): Pair => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = ({ publicKey }: Pair, more: Json = {}): Json => ({
  ...(publicKey.export({ format: 'jwk' }) as Json),
  ...more,
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of the issuer below that `key` has signed. */
function signed({ privateKey: key }: Pair, header: Json = {}, claims: Json = {}): string {
  const head = part({ alg: 'ES256', typ: 'JWT', ...header });
  const text = `${head}.${part({ iss: 'https://own.example', exp: now() + 60, ...claims })}`;
  const options: SignKeyObjectInput = { key, dsaEncoding: 'ieee-p1363' };
  const hash = key.asymmetricKeyType === 'ec' ? 'sha256' : undefined;
  return `${text}.${signBytes(hash, Buffer.from(text), options).toString('base64url')}`;
}

/** A route for tokens of an issuer whose set holds `keys`. */
async function trusting(keys: readonly unknown[], algorithms = ['ES256'], more: Json = {}) {
  const { issuer, jwks } = await startIssuer('https://own.example');
  issuer.answer = JSON.stringify({ keys });
  const own = { issuer: issuer.issuer, jwks, algorithms, ...more };
  const { fetch } = await routed({ a: { issuer: 'own' } }, { own });
  const ask = async (token: string) => (await fetch('/a', bearing(token))).status;
  return { issuer, ask };
}

describe('keys with one id', () => {
  test('are all tried, as far as they fit, and so are those without any', async () => {
    const pairs = [ec(), ec(), ec()];
    const { ask, issuer } = await trusting(pairs.map((pair) => jwkOf(pair, { kid: 'same' })));
    for (const pair of pairs) {
      expect(await ask(signed(pair, { kid: 'same' }))).toBe(200);
      expect(await ask(signed(pair))).toBe(200);
    }
    expect(await ask(signed(ec(), { kid: 'same' }))).toBe(401);
    // What was looked for was there: nothing was fetched for it.
    expect(issuer.hits).toBe(1);
  });

  test('are tried four at most; those that do not fit, and copies, do not count', async () => {
    const pairs = [ec(), ec(), ec(), ec(), ec()];
    const [first] = pairs as [Pair];
    const unfit = [
      { use: 'enc' },
      { key_ops: ['sign'] },
      { alg: 'ES384' },
      { d: 'AAAA' },
      { x: '!' },
    ].map((more) => jwkOf(ec(), { kid: 'same', ...more }));
    const members = pairs.map((pair) => jwkOf(pair, { kid: 'same' }));
    const { ask } = await trusting([...unfit, jwkOf(first, { kid: 'same' }), ...members]);
    const statuses = await Promise.all(pairs.map((pair) => ask(signed(pair, { kid: 'same' }))));
    expect(statuses).toEqual([200, 200, 200, 200, 401]);
  });

  test('a token that is good in all but its time is refused by each of them', async () => {
    const pairs = [ec(), ec()];
    const { ask } = await trusting(pairs.map((pair) => jwkOf(pair, { kid: 'same' })));
    for (const pair of pairs) {
      expect(await ask(signed(pair, { kid: 'same' }, { exp: now() - 60 }))).toBe(401);
    }
  });
});

describe('a set', () => {
  test.each([
    ['nothing', null],
    ['a number', 7],
    ['a list', []],
    ['an empty object', {}],
    ['a key of an unknown kind', { kty: 'AKP', kid: 'k', alg: 'ML-DSA-44', pub: 'AA' }],
    ['a secret', { kty: 'oct', kid: 'k', k: 'c2VjcmV0' }],
    ['a point off its curve', { kty: 'EC', crv: 'P-256', kid: 'k', x: 'AA', y: 'AA' }],
    ['a curve nobody knows', { kty: 'EC', crv: 'P-257', kid: 'k', x: 'AA', y: 'AA' }],
    ['members of other types', { kty: 'EC', crv: 7, kid: 'k', x: {}, y: [] }],
    ['a weak RSA key', { kty: 'RSA', kid: 'k', n: 'AQAB', e: 'AQAB' }],
    ['operations that are no list', { kty: 'EC', kid: 'k', key_ops: 'verify' }],
  ])('is as good as its usable members, beside %s', async (_what, member) => {
    const good = ec();
    const { ask } = await trusting([member, jwkOf(good, { kid: 'k' }), member]);
    expect(await ask(signed(good, { kid: 'k' }))).toBe(200);
    expect(await ask(signed(ec(), { kid: 'k' }))).toBe(401);
  });

  test('trusts no key whose private part it shows, nor one for another use', async () => {
    const pair = ec();
    const shown = pair.privateKey.export({ format: 'jwk' }) as Json;
    for (const member of [shown, jwkOf(pair, { use: 'enc' }), jwkOf(pair, { key_ops: [] })]) {
      const { ask } = await trusting([member]);
      expect(await ask(signed(pair))).toBe(401);
    }
  });
});

describe('Ed25519 (RFC 9864)', () => {
  const pair: Pair = generateKeyPairSync('ed25519');
  const other: Pair = generateKeyPairSync('ed448');

  test.each([
    [['Ed25519'], 'Ed25519', 200],
    [['Ed25519'], 'EdDSA', 401],
    [['EdDSA'], 'EdDSA', 200],
    [['EdDSA'], 'Ed25519', 401],
    [['EdDSA', 'Ed25519'], 'Ed25519', 200],
    [['ES256', 'Ed25519'], 'Ed25519', 200],
    [['ES256'], 'Ed25519', 401],
  ])('of %j, a token of %s is %i, whatever its key calls it', async (algorithms, alg, status) => {
    for (const named of [{}, { alg: 'Ed25519' }, { alg: 'EdDSA' }]) {
      const { ask } = await trusting([jwkOf(pair, { kid: 'k', ...named })], algorithms);
      expect(await ask(signed(pair, { alg, kid: 'k' }))).toBe(status);
    }
  });

  test('is no other curve, and no other key', async () => {
    const keys = [jwkOf(other, { kid: '448' }), jwkOf(ec(), { kid: 'ec' })];
    const { ask } = await trusting(keys, ['Ed25519', 'Ed448', 'ES256']);
    expect(await ask(signed(other, { alg: 'Ed25519', kid: '448' }))).toBe(401);
    expect(await ask(signed(other, { alg: 'Ed448', kid: '448' }))).toBe(200);
    expect(await ask(signed(pair, { alg: 'Ed25519', kid: 'ec' }))).toBe(401);
  });

  test('goes with a key that is written down, if it is one', async () => {
    const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' });
    const own = { issuer: 'https://own.example', algorithms: ['Ed25519'] };
    const { fetch } = await routed(
      { a: { issuer: 'own' } },
      { own: { ...own, key: pem(pair.publicKey) } },
    );
    expect((await fetch('/a', bearing(signed(pair, { alg: 'Ed25519' })))).status).toBe(200);
    const wrong = { own: { ...own, key: pem(other.publicKey) } };
    await expect(routed({ a: { issuer: 'own' } }, wrong)).rejects.toThrow(
      /Ed25519 does not fit this key, which is ed448/,
    );
  });
});

describe('unknown keys', () => {
  test('one after another are one fetch, and are refused at once', async () => {
    const pair = ec();
    const { ask, issuer } = await trusting([jwkOf(pair, { kid: 'k' })]);
    expect(await ask(signed(pair, { kid: 'k' }))).toBe(200);
    expect(await ask(signed(pair, { kid: 'first' }))).toBe(401);
    const startedAt = performance.now();
    for (let i = 0; i < 30; i += 1) expect(await ask(signed(pair, { kid: `k${i}` }))).toBe(401);
    const tookMs = performance.now() - startedAt;
    // A second each, it was.
    expect([issuer.hits <= 4, tookMs < 10_000]).toEqual([true, true]);
    expect(await ask(signed(pair, { kid: 'k' }, { sub: 'other' }))).toBe(200);
  });

  test('of a rotation are seen within the refresh, whoever asks for others meanwhile', async () => {
    const [old, recent] = [ec(), ec()];
    const { ask, issuer } = await trusting([jwkOf(old, { kid: 'old' })], ['ES256'], {
      refresh: '1s',
    });
    for (let i = 0; i < 3; i += 1) await ask(signed(old, { kid: `k${i}` }));
    issuer.answer = JSON.stringify({ keys: [jwkOf(recent, { kid: 'new' })] });
    await expect
      .poll(() => ask(signed(recent, { kid: 'new' })), { timeout: 5_000, interval: 100 })
      .toBe(200);
  });

  test('find a key that is new, where nobody has asked for others', async () => {
    const [old, recent] = [ec(), ec()];
    const { ask, issuer } = await trusting([jwkOf(old, { kid: 'old' })]);
    expect(await ask(signed(old, { kid: 'old' }))).toBe(200);
    issuer.answer = JSON.stringify({ keys: [jwkOf(recent, { kid: 'new' })] });
    expect(await ask(signed(recent, { kid: 'new' }))).toBe(200);
    expect(issuer.hits).toBe(2);
  });
});
