import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { issuer } from '../../demo/services/issuer.ts';
import { ask, post, serve } from './shop.ts';

const ISSUER = 'http://127.0.0.1:4100';
const DEFAULT_SCOPE = 'orders:read orders:write payments:read profile:read';

const TokenAnswer = z.object({ access_token: z.string() });

const startIssuer = () => serve(issuer({ issuer: ISSUER }));

async function verify(url: string, body: unknown) {
  const { access_token: token } = TokenAnswer.parse(body);
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const options = { issuer: ISSUER, audience: 'shop', algorithms: ['ES256'] };
  return (await jwtVerify(token, keys, options)).payload;
}

describe('issuer', () => {
  test('shows one public ES256 key and nothing of the private one', async () => {
    const url = await startIssuer();
    const { body } = await ask(`${url}/.well-known/jwks.json`);
    const text = expect.any(String) as unknown;
    const key = { kty: 'EC', crv: 'P-256', x: text, y: text, kid: text, alg: 'ES256', use: 'sig' };
    expect(body).toEqual({ keys: [key] });
  });

  test('a token without wishes is of u1, for an hour, and verifies against the key set', async () => {
    const url = await startIssuer();
    const { status, headers, body } = await ask(`${url}/token`);

    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const access_token = expect.any(String) as unknown;
    const rest = { token_type: 'Bearer', expires_in: 3_600, scope: DEFAULT_SCOPE };
    expect(body).toEqual({ access_token, ...rest });
    const { iat = 0, jti, ...claims } = await verify(url, body);
    expect(claims).toEqual({
      iss: ISSUER,
      aud: 'shop',
      sub: 'u1',
      scope: DEFAULT_SCOPE,
      exp: iat + 3_600,
    });
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the query says whose, what for and how long', async () => {
    const url = await startIssuer();
    const { body } = await ask(`${url}/token?sub=u3&scope=orders:read%20x&expiresIn=60&tenant=t1`);
    expect(body).toMatchObject({ expires_in: 60, scope: 'orders:read x' });
    const claims = await verify(url, body);
    expect(claims).toMatchObject({ sub: 'u3', scope: 'orders:read x', tenant: 't1' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  });

  test('a JSON body says the same, and may be absent', async () => {
    const url = await startIssuer();
    const wished = await post(`${url}/token`, { sub: 'u4', scope: '', expiresIn: 5 });
    const plain = await ask(`${url}/token`, { method: 'POST' });
    expect(await verify(url, wished.body)).toMatchObject({ sub: 'u4', scope: '' });
    expect(await verify(url, plain.body)).toMatchObject({ sub: 'u1' });
  });

  test('each token has an id of its own', async () => {
    const url = await startIssuer();
    const [one, other] = [await ask(`${url}/token`), await ask(`${url}/token`)];
    expect((await verify(url, one.body)).jti).not.toBe((await verify(url, other.body)).jti);
  });

  test('another issuer has another key, and the tokens of the first do not verify there', async () => {
    const [first, second] = [await startIssuer(), await startIssuer()];
    const { body } = await ask(`${first}/token`);
    const { kid } = decodeProtectedHeader(TokenAnswer.parse(body).access_token);
    expect(kid).toBeTypeOf('string');
    await expect(verify(second, body)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test.each(['expiresIn=0', 'expiresIn=1.5', 'expiresIn=2592001', 'expiresIn=x', 'sub=', 'usr=u1'])(
    'refuses ?%s',
    async (query) => {
      const url = await startIssuer();
      const answer = await ask(`${url}/token?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request' } });
    },
  );
});
