import { describe, expect, test, vi } from 'vitest';
import { Revocations } from '../../plugins/jwt/revocations.ts';
import { hmacToken, now } from './issuer.ts';
import { bearing, routed } from './jwt-routes.ts';

const SECRET = 'a secret of at least thirty-two characters';
const OWN = { issuer: 'https://own.example', secret: SECRET, algorithms: ['HS256'] };

const tokenOf = (claims: object): string =>
  hmacToken(SECRET, { iss: OWN.issuer, exp: now() + 60, ...claims });

async function revocable() {
  const { fetch: ask, gateway } = await routed({ a: { issuer: 'own' } }, { own: OWN });
  const statusOf = async (token: string) => (await ask('/a', bearing(token))).status;
  const revoke = (body: unknown, headers: object = {}) =>
    fetch(`${gateway.adminUrl}/revocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return { statusOf, revoke };
}

describe('a revocation', () => {
  test('of one token holds at once, also where it was verified before', async () => {
    const { statusOf, revoke } = await revocable();
    const [bad, good] = [tokenOf({ jti: 't1', sub: 'u1' }), tokenOf({ jti: 't2', sub: 'u1' })];
    expect([await statusOf(bad), await statusOf(good)]).toEqual([200, 200]);

    const response = await revoke({ jti: 't1', until: now() + 60 });

    expect([response.status, await response.json()]).toEqual([200, { revocations: 1 }]);
    expect([await statusOf(bad), await statusOf(good)]).toEqual([401, 200]);
    expect(await statusOf(tokenOf({ jti: 't1', sub: 'u2' }))).toBe(401);
  });

  test('of a subject holds for what was issued before, and for that issuer', async () => {
    const { statusOf, revoke } = await revocable();
    const before = now() - 10;
    const old = tokenOf({ sub: 'u1', iat: before - 1 });
    expect(await statusOf(old)).toBe(200);

    await revoke({ sub: 'u1', issuer: 'own', before });

    expect(await statusOf(old)).toBe(401);
    expect(await statusOf(tokenOf({ sub: 'u1' }))).toBe(401);
    expect(await statusOf(tokenOf({ sub: 'u1', iat: before }))).toBe(200);
    expect(await statusOf(tokenOf({ sub: 'u2', iat: before - 1 }))).toBe(200);
    // Issued by nobody we know of that name.
    await revoke({ sub: 'u2', issuer: 'shop', before });
    expect(await statusOf(tokenOf({ sub: 'u2', iat: before - 1 }))).toBe(200);
  });

  test('is forgotten after its time', async () => {
    const { statusOf, revoke } = await revocable();
    await revoke({ jti: 't1', until: now() - 1 });
    expect(await statusOf(tokenOf({ jti: 't1' }))).toBe(200);
  });

  test.each<readonly [string, unknown, object, number]>([
    ['a web page', { jti: 'x', until: now() }, { origin: 'https://evil.example' }, 403],
    ['a form', { jti: 'x', until: now() }, { 'content-type': 'text/plain' }, 403],
    ['no body', null, {}, 400],
    ['a time in milliseconds', { jti: 'x', until: Date.now() }, {}, 400],
    ['neither', { until: now() }, {}, 400],
    ['both', { jti: 'x', sub: 'u1', issuer: 'own', before: now(), until: now() }, {}, 400],
    ['an issuer nobody knows', { sub: 'u1', issuer: 'owm', before: now() }, {}, 400],
  ])('from %s is refused', async (_what, body, headers, status) => {
    const { revoke } = await revocable();
    expect((await revoke(body, headers)).status).toBe(status);
  });
});

describe('the list', () => {
  const fill = (list: Revocations, until: number): void => {
    for (let i = 0; i < 100_000; i += 1) list.add({ jti: `${i}`, until }, 0);
  };

  test('is bounded: the next one is refused, and none is forgotten for it', () => {
    const list = new Revocations();
    fill(list, 100);
    expect(() => list.add({ jti: 'more', until: 100 }, 0)).toThrow(/100000 revocations/);
    expect(list.revoke('own', { jti: '0' }, 0)).toBe(true);
    // What is known may still be prolonged.
    list.add({ jti: '0', until: 200 }, 0);
    expect(list.revoke('own', { jti: '0' }, 150_000)).toBe(true);
  });

  test('makes room of what is over', () => {
    const list = new Revocations();
    fill(list, 100);
    list.add({ jti: 'more', until: 300 }, 100_000);
    expect(list.size).toBe(1);
  });

  test('only grows: an earlier time does not take a later one back', () => {
    const list = new Revocations();
    list.add({ sub: 'u1', issuer: 'own', before: 50, until: 100 }, 0);
    list.add({ sub: 'u1', issuer: 'own', before: 20, until: 30 }, 0);
    expect(list.revoke('own', { sub: 'u1', iat: 40 }, 60_000)).toBe(true);
  });

  test('looks through what was verified once for each revocation, not for each token', () => {
    const list = new Revocations();
    const forget = vi.fn<() => void>();
    list.watch({ forget } as never);
    list.add({ jti: 'a', until: 1 }, 0);
    list.revoke('own', { jti: 'b' }, 0);
    expect(forget).toHaveBeenCalledTimes(1);
  });

  test('takes over what others know, and looks through what was verified only for news', () => {
    const list = new Revocations();
    const forget = vi.fn<() => void>();
    list.watch({ forget } as never);
    const known = [
      ['["a"]', { before: Infinity, until: 10 }],
      ['["own","u1"]', { before: 5, until: Infinity }],
    ] as const;
    list.learn(known, 0);
    list.learn(known, 0);
    expect(forget).toHaveBeenCalledTimes(1);
    expect(list.revoke('own', { jti: 'a' }, 9_000)).toBe(true);
    expect(list.revoke('own', { sub: 'u1', iat: 4 }, 99_000)).toBe(true);
    expect(list.entries()).toEqual(known);
  });
});
