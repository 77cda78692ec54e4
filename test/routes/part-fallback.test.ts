/** The fallback of a part: what is asked if the part fails. */
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { composing } from './composing.ts';

const failing =
  (status: number): FakeUpstream =>
  () => ({ status });
const never: FakeUpstream = () => new Promise(() => {});
const well: FakeUpstream = () => ({ body: 1 });

/** A part `a` with a fallback on `b`. */
const falling = (a: FakeUpstream, b: FakeUpstream, part: object = {}, fallback: object = {}) =>
  composing(
    { a: { fallback: { upstream: 'b', path: '/instead', ...fallback }, ...part }, c: {} },
    { a, b, c: well },
  );

describe('a fallback', () => {
  test('is not asked where the part has come', async () => {
    const { fetch, seen } = await falling(() => ({ body: '"x"' }), failing(500));
    expect(await (await fetch('/1')).json()).toEqual({ a: 'x', c: 1 });
    expect(seen.map(({ upstream }) => upstream).toSorted()).toEqual(['a', 'c']);
  });

  test.each<readonly [string, FakeUpstream, object]>([
    ['a status', failing(404), {}],
    ['no answer in time', never, { timeout: '30ms' }],
    ['no JSON', () => ({ body: '<' }), {}],
    ['too long a body', () => ({ body: 'x'.repeat(50) }), { maxBody: '10B' }],
    ['another shape', () => ({ body: { x: 1 } }), { unwrap: 'data' }],
    ['a field of the client that is missing', well, { path: '/{query.none}' }],
  ])('stands in for a part that has %s, and the answer is not degraded', async (what, a, part) => {
    const { fetch, seen } = await falling(a, ({ path }) => ({ body: { path } }), part);
    const response = await fetch('/1');
    // A mistake of the client's stays one.
    if (what.startsWith('a field')) {
      expect([response.status, await codeOf(response)]).toEqual([400, 'GW_REQUEST_INVALID']);
      return;
    }
    expect(await response.json()).toEqual({ a: { path: '/instead' }, c: 1 });
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(seen.filter(({ upstream }) => upstream === 'b')).toHaveLength(1);
  });

  test('has a shape, a query and fields of its own, and the place of the part', async () => {
    const { fetch, seen } = await falling(
      failing(500),
      () => ({ body: '{"data":{"n":1.10,"x":2}}' }),
      { pick: ['other'], as: 'deep.er', headers: { 'x-own': 'part' }, query: { q: 'part' } },
      { unwrap: 'data', pick: ['n'], query: { id: '{id}' }, headers: { 'x-own': '{id}' } },
    );
    expect(await (await fetch('/7')).text()).toBe('{"deep":{"er":{"n":1.10}},"c":1}');
    const asked = seen.find(({ upstream }) => upstream === 'b')!;
    expect([asked.path, asked.query, asked.headers['x-own']]).toEqual(['/instead', '?id=7', '7']);
  });

  test('that fails is the part’s failure, and the reason says so', async () => {
    const { fetch } = await falling(failing(500), failing(404), { default: 'none' });
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ a: 'none', c: 1 });
    expect(response.headers.get('gateway-degraded')).toBe('a;reason=fallback-not-found');
  });

  test.each([
    [404, 404, 'GW_ROUTE_NOT_FOUND'],
    [500, 502, 'GW_UPSTREAM_INVALID'],
  ])('that answers %i makes a required part’s answer %i', async (status, expected, code) => {
    const { fetch } = await falling(failing(503), failing(status), { required: true });
    const response = await fetch('/1');
    expect([response.status, await codeOf(response)]).toEqual([expected, code]);
  });

  test('of a required part saves the answer', async () => {
    const { fetch } = await falling(failing(503), well, { required: true });
    expect(await (await fetch('/1')).json()).toEqual({ a: 1, c: 1 });
  });

  test('gives its value to the parts that refer to the part', async () => {
    const { fetch } = await composing(
      { a: { fallback: { upstream: 'b', path: '/b' } }, c: { path: '/{a.id}' } },
      {
        a: failing(500),
        b: () => ({ body: { id: 7 } }),
        c: ({ path }) => ({ body: { path } }),
      },
    );
    expect(await (await fetch('/1')).json()).toEqual({ a: { id: 7 }, c: { path: '/7' } });
  });

  test('of a part that waits for failed ones is asked once, if it does not need them', async () => {
    const { fetch, seen } = await composing(
      {
        a: {},
        b: {},
        c: { path: '/{a.id}/{b.id}', fallback: { upstream: 'd', path: '/free' } },
        d: { path: '/{a.id}', fallback: { upstream: 'd', path: '/{a.id}' } },
        e: {},
      },
      { a: failing(500), b: failing(404), c: well, d: ({ path }) => ({ body: { path } }), e: well },
    );
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ c: { path: '/free' }, e: 1 });
    expect(response.headers.get('gateway-degraded')).toBe(
      'a;reason=status-500, b;reason=not-found, d;reason=status-500',
    );
    expect(seen.map(({ path }) => path).toSorted()).toEqual(['/a', '/b', '/e', '/free']);
  });

  test('is not asked for a client that has left, or when a required part has failed', async () => {
    const { fetch, seen } = await composing(
      {
        a: { fallback: { upstream: 'b', path: '/instead' } },
        must: { required: true },
      },
      { a: never, b: well, must: failing(500) },
    );
    expect((await fetch('/1')).status).toBe(502);
    expect(seen.map(({ upstream }) => upstream)).not.toContain('b');

    const left = await composing(
      { a: { fallback: { upstream: 'b', path: '/instead' } } },
      { a: never, b: well },
    );
    const leaving = new AbortController();
    const asked = left.fetch('/1', { signal: leaving.signal }).catch(() => undefined);
    await expect.poll(() => left.seen).toHaveLength(1);
    leaving.abort();
    await asked;
    await expect
      .poll(() => left.gateway.status().upstreams.every(({ slots }) => slots.used === 0))
      .toBe(true);
    expect(left.seen.map(({ upstream }) => upstream)).toEqual(['a']);
  });

  test('gets no body of the client’s', async () => {
    const { gateway, seen } = await composing(
      { a: { method: 'POST', fallback: { upstream: 'b', path: '/instead' } } },
      { a: failing(500), b: well },
    );
    const response = await fetch(`${gateway.url}/1`, {
      method: 'POST',
      body: '{"x":1}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await response.json()).toEqual({ a: 1 });
    const asked = seen.find(({ upstream }) => upstream === 'b')!;
    expect([asked.method, asked.headers['content-type']]).toEqual(['GET', undefined]);
  });

  test('is not asked for a part that may not be wanted', async () => {
    const fallback = { upstream: 'b', path: '/instead' };
    const { fetch, seen } = await composing(
      {
        a: {},
        unknown: { when: { parts: { 'a.kind': 'x' } }, fallback },
        unmet: { when: { query: { q: 'x' } }, fallback },
        c: {},
      },
      { a: failing(500), b: well, c: well },
    );
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ c: 1 });
    expect(response.headers.get('gateway-degraded')).toBe(
      'a;reason=status-500, unknown;reason=status-500',
    );
    expect(seen.map(({ upstream }) => upstream).toSorted()).toEqual(['a', 'c']);
  });
});
