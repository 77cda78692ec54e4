import { describe, expect, test } from 'vitest';
import { type Asked, matcherOf, nameOf } from './match.ts';

const headers = { x: '1', y: '2', cookie: 'c=3' };
const query = '?q=1&r=2';

/** For each rule: the route that wins, the one that loses, and a request that both match. */
const PAIRS: Readonly<
  Record<string, readonly [wins: object, loses: object, path: string, asked?: Asked]>
> = {
  'higher priority before an exact host': [
    { path: '/*', priority: 1 },
    { path: '/a', hosts: ['h.example'] },
    '/a',
  ],
  'exact host before wildcard': [
    { path: '/*', hosts: ['h.example'] },
    { path: '/a', hosts: ['*.example'] },
    '/a',
  ],
  'longer wildcard before shorter': [
    { path: '/*', hosts: ['*.b.example'] },
    { path: '/a', hosts: ['*.example'] },
    '/a',
    { host: 'a.b.example' },
  ],
  'any wildcard before no host': [{ path: '/*', hosts: ['*.example'] }, { path: '/a' }, '/a'],
  'exact path before parameters': [{ path: '/a/b' }, { path: '/a/{id}' }, '/a/b'],
  'fewer parameters before more': [{ path: '/a/{y}/c' }, { path: '/{x}/{y}/c' }, '/a/b/c'],
  'parameters before a prefix': [{ path: '/{x}/{y}' }, { path: '/a/b/*' }, '/a/b'],
  'longer prefix before shorter': [{ path: '/a/b/*' }, { path: '/a/*' }, '/a/b/c'],
  'a prefix of names before one of parameters': [
    { path: '/a/b/*' },
    { path: '/a/{somethingWithALongName}/*' },
    '/a/b/c',
  ],
  'a longer prefix with a parameter before a shorter one': [
    { path: '/a/{id}/*' },
    { path: '/a/*' },
    '/a/b/c',
  ],
  'prefix before regex': [{ path: '/*' }, { pathRegex: '/a/b/c' }, '/a/b/c'],
  'any path before regex': [{ methods: ['GET'] }, { pathRegex: '/a' }, '/a'],
  'method given before none, whatever the headers': [
    { path: '/a', methods: ['GET'] },
    { path: '/a', headers: { x: '1', y: '2' } },
    '/a',
  ],
  'more headers before fewer': [
    { path: '/a', headers: { x: '1', y: '2' } },
    { path: '/a', headers: { x: '1' }, query: { q: '1', r: '2' } },
    '/a',
  ],
  'cookies count like headers': [
    { path: '/a', headers: { x: '1' }, cookies: { c: '3' } },
    { path: '/a', headers: { y: '2' } },
    '/a',
  ],
  'more query parameters before fewer': [
    { path: '/a', query: { q: '1', r: '2' } },
    { path: '/a', query: { q: '1' } },
    '/a',
  ],
};

describe('precedence', () => {
  test.each(Object.entries(PAIRS))('%s', async (_rule, [wins, loses, path, asked]) => {
    const request = { host: 'h.example', headers, query, ...asked };

    // The order in the file must not matter.
    const first = await matcherOf({ wins, loses });
    const last = await matcherOf({ loses, wins });

    expect(nameOf(first(path, request))).toBe('wins');
    expect(nameOf(last(path, request))).toBe('wins');
  });

  test('the earlier one in the file wins if nothing else differs', async () => {
    const one = { path: '/a', headers: { x: '1' } };
    const other = { path: '/a', headers: { y: '2' } };
    expect(nameOf((await matcherOf({ one, other }))('/a', { headers }))).toBe('one');
    expect(nameOf((await matcherOf({ other, one }))('/a', { headers }))).toBe('other');
  });

  test('a request that fails the specific route goes on to the next in order', async () => {
    const find = await matcherOf({
      gold: { path: '/a/{id}', headers: { tier: 'gold' }, query: { v: '2' } },
      tier: { path: '/a/{id}', headers: { tier: 'gold' } },
      item: { path: '/a/{id}', methods: ['GET'] },
      below: { path: '/a/*' },
      rest: { path: '/*' },
    });

    const tier = { tier: 'gold' };
    expect(nameOf(find('/a/1', { method: 'POST', headers: tier, query: '?v=2' }))).toBe('gold');
    expect(nameOf(find('/a/1', { method: 'POST', headers: tier }))).toBe('tier');
    expect(nameOf(find('/a/1', { headers: tier }))).toBe('item');
    expect(nameOf(find('/a/1', { method: 'POST' }))).toBe('below');
    expect(nameOf(find('/a/1/2'))).toBe('below');
    expect(nameOf(find('/b'))).toBe('rest');
  });

  test('any match of a list may match, each with its own rank', async () => {
    const { startGateway } = await import('../gateway/support/gateway.ts');
    const { fetch } = await startGateway({
      config: {
        routes: {
          list: { match: [{ path: '/a/b' }, { path: '/c/*' }], respond: { body: 'list' } },
          prefix: { match: { path: '/a/*' }, respond: { body: 'prefix' } },
        },
      },
    });
    const ask = async (path: string) => (await fetch(path)).text();
    expect([await ask('/a/b'), await ask('/a/x'), await ask('/c/x')]).toEqual([
      'list',
      'prefix',
      'list',
    ]);
  });

  test('hundreds of routes on one path are distinguished', async () => {
    const routes = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`v${i}`, { path: '/a', headers: { v: `${i}` } }]),
    );
    const find = await matcherOf({ ...routes, none: { path: '/a' } });
    for (const i of [0, 30, 31, 32, 299]) {
      expect(nameOf(find('/a', { headers: { v: `${i}` } }))).toBe(`v${i}`);
    }
    expect(nameOf(find('/a', { headers: { v: '300' } }))).toBe('none');
  });
});
