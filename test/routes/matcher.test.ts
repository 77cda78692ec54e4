import { describe, expect, test } from 'vitest';
import { type Asked, matcherOf, nameOf } from './match.ts';

/** Checks a table of requests and their routes. */
async function expectTable(
  routes: Readonly<Record<string, object>>,
  rows: readonly (readonly [path: string, asked: Asked, expected: string])[],
): Promise<void> {
  const find = await matcherOf(routes);
  const found = rows.map(([path, asked]) => [path, asked, nameOf(find(path, asked))]);
  expect(found).toEqual(rows);
}

describe('paths', () => {
  test('a prefix matches whole segments', () =>
    expectTable({ a: { path: '/a/*' } }, [
      ['/a', {}, 'a'],
      ['/a/', {}, 'a'],
      ['/a/b', {}, 'a'],
      ['/a/b/c/', {}, 'a'],
      ['/ab', {}, '404'],
      ['/', {}, '404'],
      ['/b/a', {}, '404'],
    ]));

  test('an exact path matches only itself; with a final slash it is another path', () =>
    expectTable({ root: { path: '/' }, a: { path: '/a' }, slash: { path: '/b/' } }, [
      ['/', {}, 'root'],
      ['/a', {}, 'a'],
      ['/a/', {}, '404'],
      ['/a/b', {}, '404'],
      ['/A', {}, '404'],
      ['/b/', {}, 'slash'],
      ['/b', {}, '404'],
    ]));

  test('a parameter is one segment, not empty', () =>
    expectTable({ item: { path: '/items/{id}' }, part: { path: '/items/{id}/parts/{part}' } }, [
      ['/items/1', {}, 'item'],
      ['/items/a%2Fb', {}, 'item'],
      ['/items', {}, '404'],
      ['/items/', {}, '404'],
      ['/items/1/', {}, '404'],
      ['/items/1/parts/2', {}, 'part'],
      ['/items/1/parts', {}, '404'],
    ]));

  test('a regex must match the whole path', () =>
    expectTable({ version: { pathRegex: '/v[0-9]+/items(/.*)?' } }, [
      ['/v1/items', {}, 'version'],
      ['/v12/items/x/y', {}, 'version'],
      ['/v1/itemsx', {}, '404'],
      ['/x/v1/items', {}, '404'],
      ['/v/items', {}, '404'],
    ]));

  test('a match without a path matches any path', () =>
    expectTable({ posts: { methods: ['POST'] } }, [
      ['/', { method: 'POST' }, 'posts'],
      ['/x/y', { method: 'POST' }, 'posts'],
      ['/x/y', {}, '405 POST'],
    ]));

  test('parameters and groups are decoded; the rest after a prefix stays as it is', async () => {
    const find = await matcherOf({
      item: { path: '/items/{id}/{part}' },
      under: { path: '/under/{owner}/*' },
      regex: { pathRegex: '/r/(?P<name>[^/]+)' },
    });
    const shown = (path: string) => {
      const found = find(path);
      return found.kind === 'match' ? [found.match.params, found.match.rest] : found;
    };

    expect(shown('/items/a%20b/%25%3F')).toEqual([{ id: 'a b', part: '%?' }, '']);
    expect(shown('/items/caf%C3%A9/%FF')).toEqual([{ id: 'café', part: '%FF' }, '']);
    expect(shown('/under/me/a%20b/c/')).toEqual([{ owner: 'me' }, '/a%20b/c/']);
    expect(shown('/under/me')).toEqual([{ owner: 'me' }, '']);
    expect(shown('/r/a%20b')).toEqual([{ name: 'a b' }, '/r/a%20b']);
  });
});

describe('conditions', () => {
  test('hosts: exact, or a wildcard for any name below; case and port do not count', () =>
    expectTable({ exact: { hosts: ['Shop.example'] }, below: { hosts: ['*.shop.example'] } }, [
      ['/', { host: 'shop.example' }, 'exact'],
      ['/', { host: 'SHOP.EXAMPLE:8080' }, 'exact'],
      ['/', { host: 'a.shop.example' }, 'below'],
      ['/', { host: 'a.b.shop.example' }, 'below'],
      ['/', { host: 'xshop.example' }, '404'],
      ['/', { host: '.shop.example' }, '404'],
      ['/', { host: 'shop.example.evil' }, '404'],
    ]));

  test('headers: name in any case, value exactly, by regex, or present', () =>
    expectTable(
      {
        equals: { headers: { 'X-Kind': 'a' } },
        regex: { headers: { 'x-kind': { regex: 'b+' } } },
        present: { headers: { 'x-other': { present: true } } },
      },
      [
        ['/', { headers: { 'x-kind': 'a' } }, 'equals'],
        ['/', { headers: { 'x-kind': 'A' } }, '404'],
        ['/', { headers: { 'x-kind': 'bbb' } }, 'regex'],
        ['/', { headers: { 'x-kind': 'bbbc' } }, '404'],
        ['/', { headers: { 'x-other': '' } }, 'present'],
        ['/', {}, '404'],
      ],
    ));

  test('query: by the value of a parameter, decoded', () =>
    expectTable({ q: { query: { q: 'a b' } }, flag: { query: { flag: { present: true } } } }, [
      ['/', { query: '?q=a+b' }, 'q'],
      ['/', { query: '?x=1&q=a%20b' }, 'q'],
      ['/', { query: '?%71=a%20b' }, 'q'],
      ['/', { query: '?q=a%2Bb' }, '404'],
      ['/', { query: '?q=a+b&q=a%20b' }, 'q'],
      ['/', { query: '?Q=a+b' }, '404'],
      ['/', { query: '?flag' }, 'flag'],
      ['/', { query: '' }, '404'],
    ]));

  test('cookies: by the first with that name', () =>
    expectTable({ beta: { cookies: { beta: '1' } } }, [
      ['/', { headers: { cookie: 'a=b; beta=1' } }, 'beta'],
      ['/', { headers: { cookie: 'beta=0; beta=1' } }, '404'],
      ['/', { headers: { cookie: 'xbeta=1' } }, '404'],
      ['/', {}, '404'],
    ]));

  test('all given conditions must match', () =>
    expectTable(
      {
        all: { path: '/a', methods: ['GET'], hosts: ['h'], headers: { x: '1' }, query: { q: '2' } },
      },
      [
        ['/a', { host: 'h', headers: { x: '1' }, query: '?q=2' }, 'all'],
        ['/a', { host: 'i', headers: { x: '1' }, query: '?q=2' }, '404'],
        ['/a', { host: 'h', headers: { x: '2' }, query: '?q=2' }, '404'],
        ['/a', { host: 'h', headers: { x: '1' }, query: '?q=3' }, '404'],
        ['/b', { host: 'h', headers: { x: '1' }, query: '?q=2' }, '404'],
      ],
    ));

  test('a regex that would take forever elsewhere takes linear time', async () => {
    const find = await matcherOf({ evil: { pathRegex: '/(a+)+b' } });
    const before = performance.now();
    expect(nameOf(find(`/${'a'.repeat(5_000)}c`))).toBe('404');
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('methods', () => {
  test('405 if only the method fails, with all methods that path and host allow', () =>
    expectTable(
      {
        get: { path: '/a', methods: ['GET'] },
        post: { path: '/a', methods: ['POST', 'PUT'] },
        other: { path: '/a', methods: ['DELETE'], hosts: ['other.example'] },
        header: { path: '/a', methods: ['PATCH'], headers: { x: '1' } },
      },
      [
        ['/a', { method: 'DELETE' }, '405 GET, HEAD, PATCH, POST, PUT'],
        ['/a', { method: 'DELETE', host: 'other.example' }, 'other'],
        ['/a', { method: 'PATCH' }, '405 GET, HEAD, POST, PUT'],
        ['/b', { method: 'DELETE' }, '404'],
      ],
    ));

  test('a route that serves GET serves HEAD', () =>
    expectTable(
      { get: { path: '/a', methods: ['GET'] }, post: { path: '/b', methods: ['POST'] } },
      [
        ['/a', { method: 'HEAD' }, 'get'],
        ['/b', { method: 'HEAD' }, '405 POST'],
      ],
    ));

  test('none named: all are served', () =>
    expectTable({ any: { path: '/a' } }, [
      ['/a', { method: 'PATCH' }, 'any'],
      ['/a', { method: 'PROPFIND' }, 'any'],
    ]));
});
