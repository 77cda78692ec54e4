/** docs/recipes: tokens of an issuer, and API keys. */
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { now, startIssuer } from '../plugins/issuer.ts';
import { served } from './served.ts';

const outcome = async (response: Response): Promise<unknown[]> => {
  if (response.ok) return [response.status];
  return [response.status, await codeOf(response)];
};

describe('docs/recipes/jwt.md', () => {
  const [example] = new Page('docs/recipes/jwt.md').blocks('yaml');

  async function shop() {
    const { issuer, jwks } = await startIssuer('https://login.example.com');
    const calls: UpstreamRequest[] = [];
    const { fetch } = await served(example!, {
      environment: { JWKS_URL: jwks },
      upstreams: { orders: (call) => (calls.push(call), {}) },
    });
    const ask = (path: string, token?: string, more: Readonly<Record<string, string>> = {}) =>
      fetch(path, {
        headers: { ...more, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      });
    return { issuer, calls, ask };
  }

  test('admits a token with the scope, and tells the upstream who it is', async () => {
    const { issuer, calls, ask } = await shop();
    const token = issuer.sign({ scope: 'orders:read', sub: 'u7' });
    expect((await ask('/api/orders/42', token, { 'x-user-id': 'forged' })).status).toBe(200);
    expect(
      (await ask('/api/profile', issuer.sign({ sub: 'u7' }), { 'x-user-id': 'x' })).status,
    ).toBe(200);
    expect(calls.map(({ headers }) => headers['x-user-id'])).toEqual(['u7', undefined]);
  });

  test('refuses all others as its table says', async () => {
    const { issuer, calls, ask } = await shop();
    const scope = 'orders:read';
    const outcomes = [];
    for (const token of [
      undefined,
      issuer.sign({ scope, exp: now() - 60 }),
      issuer.sign({ scope, aud: 'elsewhere' }),
      `${issuer.sign({ scope })}x`,
      issuer.sign(),
    ]) {
      outcomes.push(await outcome(await ask('/api/orders/42', token)));
    }
    expect(outcomes).toEqual([
      [401, 'GW_TOKEN_MISSING'],
      [401, 'GW_TOKEN_INVALID'],
      [401, 'GW_TOKEN_INVALID'],
      [401, 'GW_TOKEN_INVALID'],
      [403, 'GW_SCOPE_INSUFFICIENT'],
    ]);
    expect(calls).toEqual([]);
  });

  test('needs no token where the route says so, and is 503 without keys', async () => {
    const { issuer, ask } = await shop();
    issuer.isDown = true;
    expect(await outcome(await ask('/ping'))).toEqual([200]);
    const token = issuer.sign({ scope: 'orders:read' });
    expect(await outcome(await ask('/api/orders/42', token))).toEqual([503, 'GW_DEPENDENCY_DOWN']);
  });
});

describe('docs/recipes/api-keys.md', () => {
  const [example] = new Page('docs/recipes/api-keys.md').blocks('yaml');
  const [ACME, GLOBEX] = ['acme-3f9c1e7ab52d40c8916e', 'globex-7b20d4f1c8e94a6d'];

  test('admits both consumers, each by its plan and scopes, and keeps the key to itself', async () => {
    const calls: UpstreamRequest[] = [];
    const { fetch } = await served(example!, {
      upstreams: { orders: (call) => (calls.push(call), {}) },
    });
    const ask = (key: string | undefined, method = 'GET') =>
      fetch('/api/orders/42', { method, headers: key === undefined ? {} : { 'x-api-key': key } });

    expect(await outcome(await ask(undefined))).toEqual([401, 'GW_TOKEN_MISSING']);
    expect(await outcome(await ask('guessed'))).toEqual([401, 'GW_TOKEN_INVALID']);
    expect(await outcome(await ask(ACME, 'POST'))).toEqual([200]);
    expect(await outcome(await ask(GLOBEX, 'POST'))).toEqual([403, 'GW_SCOPE_INSUFFICIENT']);
    for (let i = 0; i < 2; i += 1) expect(await outcome(await ask(GLOBEX))).toEqual([200]);
    const over = await ask(GLOBEX);
    expect(over.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await outcome(over)).toEqual([429, 'GW_RATE_LIMITED']);
    expect(await outcome(await ask(ACME))).toEqual([200]);

    expect(calls).toHaveLength(4);
    expect(calls.filter(({ headers }) => 'x-api-key' in headers)).toEqual([]);
  });
});
