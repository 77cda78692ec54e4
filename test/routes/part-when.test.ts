/** Parts that are called only if a condition holds. */
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { composing } from './composing.ts';

const SECRET = 'a secret of at least thirty-two characters';

/** A part `b` with this condition, beside a part `a`; tells what came, and how often `b` was called. */
async function asking(when: object, a: FakeUpstream = () => ({ body: {} }), part: object = {}) {
  let calls = 0;
  const { fetch } = await composing(
    { a: {}, b: { when, ...part } },
    {
      a,
      b: () => {
        calls += 1;
        return { body: 1 };
      },
    },
  );
  return async (target: string, headers: Readonly<Record<string, string>> = {}) => {
    calls = 0;
    const response = await fetch(target, { headers });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    const degraded = response.headers.get('gateway-degraded');
    return { status: response.status, degraded, calls, hasB: 'b' in answer };
  };
}

const called = { status: 200, degraded: null, calls: 1, hasB: true };
const left = { status: 200, degraded: null, calls: 0, hasB: false };

describe('a condition on the request', () => {
  test.each<readonly [object, string, Record<string, string>, boolean]>([
    [{ params: { id: '1' } }, '/1', {}, true],
    [{ params: { id: '1' } }, '/2', {}, false],
    [{ params: { id: { regex: '[0-9]+' } } }, '/12', {}, true],
    [{ params: { id: { regex: '[0-9]+' } } }, '/12x', {}, false],
    [{ query: { expand: 'b' } }, '/1?expand=b', {}, true],
    [{ query: { expand: 'b' } }, '/1', {}, false],
    [{ query: { expand: { in: ['b', 'all'] } } }, '/1?expand=all', {}, true],
    [{ query: { expand: { in: ['b', 'all'] } } }, '/1?expand=c', {}, false],
    [{ query: { expand: { in: ['b', 'all'] } } }, '/1', {}, false],
    [{ query: { expand: { not: 'none' } } }, '/1', {}, true],
    [{ query: { expand: { not: 'none' } } }, '/1?expand=none', {}, false],
    [{ query: { expand: { not: { in: ['none', ''] } } } }, '/1?expand=', {}, false],
    [{ query: { lite: { not: { present: true } } } }, '/1', {}, true],
    [{ query: { lite: { not: { present: true } } } }, '/1?lite=a&lite=b', {}, false],
    [{ headers: { 'X-Beta': { present: true } } }, '/1', { 'x-beta': '' }, true],
    [{ headers: { 'X-Beta': { present: true } } }, '/1', {}, false],
    [{ headers: { host: { not: 'SHOP.example' } } }, '/1', {}, true],
    [{ cookies: { beta: '1' } }, '/1', { cookie: 'beta=1' }, true],
    [{ cookies: { beta: '1' } }, '/1', { cookie: 'beta=2' }, false],
    [{ params: { id: '1' }, query: { x: '1' } }, '/1?x=1', {}, true],
    [{ params: { id: '1' }, query: { x: '1' } }, '/1?x=2', {}, false],
  ])('%j: %s %j', async (when, target, headers, isMet) => {
    const ask = await asking(when);
    expect(await ask(target, headers)).toEqual(isMet ? called : left);
  });

  test('is 400 if several values of one parameter decide differently', async () => {
    const ask = await asking({ query: { expand: { not: 'none' } } });
    expect((await ask('/1?expand=none&expand=all')).status).toBe(400);
    expect(await ask('/1?expand=a&expand=all')).toEqual(called);
  });

  test('may be on a claim of the client', async () => {
    const issuer = { issuer: 'own', secret: SECRET, algorithms: ['HS256'] };
    const part = (plan: unknown) => ({
      upstream: 'a',
      path: '/',
      when: { claims: { 'plan.name': plan } },
    });
    const { fetch } = await startGateway({
      config: {
        plugins: { jwt: { issuers: { own: issuer } } },
        routes: {
          all: {
            match: { path: '/' },
            jwt: { issuer: 'own' },
            aggregate: { gold: part('gold'), other: part({ not: 'gold' }) },
          },
        },
      },
      upstreams: { a: () => ({ body: 1 }) },
    });
    const answerTo = async (claims: object) => {
      const token = hmacToken(SECRET, { iss: 'own', exp: now() + 60, sub: 'a', ...claims });
      return (await fetch('/', { headers: { authorization: `Bearer ${token}` } })).json();
    };
    expect(await answerTo({ plan: { name: 'gold' } })).toEqual({ gold: 1 });
    expect(await answerTo({ plan: { name: 'free' } })).toEqual({ other: 1 });
    expect(await answerTo({})).toEqual({ other: 1 });
  });
});

describe('a condition on another part', () => {
  const order =
    '{"status":"open","total":1.10,"id":12345678901234567890,"vip":true,"no":null,"items":[1]}';

  test.each<readonly [object, boolean]>([
    [{ 'a.status': 'open' }, true],
    [{ 'a.status': 'paid' }, false],
    [{ 'a.status': { in: ['paid', 'open'] } }, true],
    [{ 'a.status': { not: { in: ['paid', 'open'] } } }, false],
    [{ 'a.status': { regex: 'o.*' } }, true],
    [{ 'a.vip': true }, true],
    [{ 'a.vip': 'true' }, true],
    [{ 'a.vip': false }, false],
    [{ 'a.total': 1.1 }, true],
    [{ 'a.total': '1.10' }, true],
    [{ 'a.total': '1.1' }, false],
    [{ 'a.id': '12345678901234567890' }, true],
    [{ 'a.id': '12345678901234567891' }, false],
    [{ 'a.items': { present: true } }, true],
    [{ 'a.items.0': 1 }, true],
    [{ 'a.items': '1' }, false],
    [{ 'a.no': { present: true } }, false],
    [{ 'a.none': { present: true } }, false],
    [{ 'a.none': { not: 'x' } }, true],
    [{ a: { present: true } }, true],
    [{ 'a.status': 'open', 'a.vip': false }, false],
  ])('%j', async (parts, isMet) => {
    const ask = await asking({ parts }, () => ({ body: order }));
    expect(await ask('/1')).toEqual(isMet ? called : left);
  });

  test('fails the part if what it asks about has failed', async () => {
    const ask = await asking({ parts: { 'a.status': 'open' } }, () => ({ status: 404 }), {});
    expect(await ask('/1')).toMatchObject({ status: 502, calls: 0 });
    const other = await composing(
      { a: {}, b: { when: { parts: { 'a.x': { not: 'y' } } } }, c: {} },
      { a: () => ({ status: 404 }), b: () => ({ body: 1 }), c: () => ({ body: 1 }) },
    );
    const response = await other.fetch('/1');
    expect(await response.json()).toEqual({ c: 1 });
    expect(response.headers.get('gateway-degraded')).toBe('a;reason=not-found, b;reason=not-found');
  });
});

describe('a part that is not called', () => {
  const one: FakeUpstream = () => ({ body: { id: 1 } });
  const unmet = { when: { query: { expand: 'yes' } } };

  test('takes those that use it along, however far; its default is for failures', async () => {
    const { fetch, seen } = await composing(
      {
        d: { path: '/{c.id}', required: true },
        c: { path: '/{b.id}', default: 1 },
        b: { ...unmet, default: 1 },
        a: {},
      },
      { a: one, b: one, c: one, d: one },
    );
    const response = await fetch('/1');
    expect([response.status, await response.json()]).toEqual([200, { a: { id: 1 } }]);
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(response.headers.get('cache-control')).toBeNull();
    expect(seen.map(({ path }) => path)).toEqual(['/a']);

    expect(await (await fetch('/1?expand=yes')).json()).toMatchObject({ d: { id: 1 } });
  });

  test('has no value for those that only ask about it', async () => {
    const { fetch } = await composing(
      {
        b: { ...unmet },
        instead: { when: { parts: { b: { not: { present: true } } } } },
        also: { when: { parts: { b: { present: true } } } },
      },
      { b: one, instead: one, also: one },
    );
    expect(await (await fetch('/1')).json()).toEqual({ instead: { id: 1 } });
    expect(await (await fetch('/1?expand=yes')).json()).toEqual({ b: { id: 1 }, also: { id: 1 } });
  });

  test('is left out even if another that its user needs has failed', async () => {
    const { fetch } = await composing(
      { a: {}, b: unmet, c: { path: '/{a.id}/{b.id}', required: true }, d: {} },
      { a: () => ({ status: 500 }), b: one, c: one, d: one },
    );
    const response = await fetch('/1');
    expect([response.status, response.headers.get('gateway-degraded')]).toEqual([
      200,
      'a;reason=status-500',
    ]);
  });

  test('does not count for the minimum', async () => {
    const { fetch } = await composing(
      { a: {}, b: unmet, c: { ...unmet, required: true } },
      { a: ({ query }) => ({ status: query === '' ? 500 : 200, body: 1 }), b: one, c: one },
      { aggregation: { minimum: 1 } },
    );
    expect((await fetch('/1')).status).toBe(502);
    expect((await fetch('/1?expand=yes')).status).toBe(200);
  });

  test('may be every one: the object is empty', async () => {
    const { fetch } = await composing({ b: unmet }, { b: one });
    const response = await fetch('/1');
    expect([response.status, await response.json()]).toEqual([200, {}]);
  });
});
