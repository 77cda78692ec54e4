/** Which of several matches wins: `HTTPRouteRule.matches`. Each loser stands first in the file. */
import type { Rule } from './rule.ts';

export const PRECEDENCE: readonly Rule[] = [
  {
    rule: 'an Exact path before a prefix',
    routes: { prefix: { path: '/a/*' }, exact: { path: '/a' } },
    rows: [
      ['/a', {}, 'exact'],
      ['/a/', {}, 'prefix'],
      ['/a/b', {}, 'prefix'],
    ],
  },
  {
    rule: 'the prefix with more characters',
    otherwise:
      'The one with more segments: prefixes are matched by segment, so their order is by segment.',
    routes: { all: { path: '/*' }, long: { path: '/aaaaaaaa/*' }, deep: { path: '/aaaaaaaa/b/*' } },
    rows: [
      ['/x', {}, 'all'],
      ['/aaaaaaaa/x', {}, 'long'],
      ['/aaaaaaaa/b', {}, 'deep'],
      ['/aaaaaaaa/b/c', {}, 'deep'],
      ['/aaaaaaaa/bc', {}, 'long'],
    ],
  },
  {
    rule: 'the API leaves the place of a regex open',
    otherwise: 'It comes last, after every path that can be compared.',
    routes: { regex: { pathRegex: '/a/.*' }, all: { path: '/*' }, exact: { path: '/a/b' } },
    rows: [
      ['/a/b', {}, 'exact'],
      ['/a/c', {}, 'all'],
    ],
  },
  {
    rule: 'the API has no parameters',
    otherwise: 'An exact path, then fewer parameters, then prefixes.',
    routes: {
      below: { path: '/users/*' },
      both: { path: '/{kind}/{id}' },
      one: { path: '/users/{id}' },
      exact: { path: '/users/me' },
    },
    rows: [
      ['/users/me', {}, 'exact'],
      ['/users/7', {}, 'one'],
      ['/shops/7', {}, 'both'],
      ['/users/7/x', {}, 'below'],
      ['/users', {}, 'below'],
    ],
  },
  {
    rule: 'then a match with a method',
    routes: { any: { path: '/a' }, post: { path: '/a', methods: ['POST'] } },
    rows: [
      ['/a', { method: 'POST' }, 'post'],
      ['/a', { method: 'GET' }, 'any'],
    ],
  },
  {
    rule: 'a longer path before a method',
    routes: { post: { path: '/a/*', methods: ['POST'] }, deep: { path: '/a/b/*' } },
    rows: [
      ['/a/b', { method: 'POST' }, 'deep'],
      ['/a/c', { method: 'POST' }, 'post'],
    ],
  },
  {
    rule: 'then the largest number of header matches',
    routes: {
      one: { path: '/*', headers: { a: '1' } },
      two: { path: '/*', headers: { a: '1', b: '2' } },
      three: { path: '/*', headers: { a: '1', b: '2', c: '3' } },
    },
    rows: [
      ['/', { headers: { a: '1' } }, 'one'],
      ['/', { headers: { a: '1', b: '2' } }, 'two'],
      ['/', { headers: { a: '1', b: '2', c: '3' } }, 'three'],
      ['/', { headers: { a: '1', c: '3' } }, 'one'],
    ],
  },
  {
    rule: 'a method before headers',
    routes: { headers: { headers: { a: '1', b: '2' } }, get: { methods: ['GET'] } },
    rows: [
      ['/', { headers: { a: '1', b: '2' } }, 'get'],
      ['/', { method: 'POST', headers: { a: '1', b: '2' } }, 'headers'],
    ],
  },
  {
    rule: 'the API has no cookies',
    otherwise: 'A cookie counts as a header does.',
    routes: {
      header: { headers: { a: '1' } },
      both: { headers: { a: '1' }, cookies: { b: '2' } },
    },
    rows: [
      ['/', { headers: { a: '1', cookie: 'b=2' } }, 'both'],
      ['/', { headers: { a: '1' } }, 'header'],
    ],
  },
  {
    rule: 'then the largest number of query parameter matches',
    routes: {
      one: { query: { a: '1' } },
      two: { query: { a: '1', b: '2' } },
    },
    rows: [
      ['/', { query: '?a=1' }, 'one'],
      ['/', { query: '?a=1&b=2' }, 'two'],
      ['/', { query: '?b=2&a=1&c' }, 'two'],
    ],
  },
  {
    rule: 'headers before query parameters',
    routes: { query: { query: { a: '1', b: '2' } }, header: { headers: { c: '3' } } },
    rows: [
      ['/', { query: '?a=1&b=2', headers: { c: '3' } }, 'header'],
      ['/', { query: '?a=1&b=2' }, 'query'],
    ],
  },
  {
    rule: 'hostnames: the most specific before all else: precise, longer wildcard, shorter wildcard, none',
    routes: {
      none: { path: '/a' },
      wide: { hosts: ['*.com'], path: '/a' },
      narrow: { hosts: ['*.example.com'], path: '/*' },
      exact: { hosts: ['a.example.com'], path: '/*' },
    },
    rows: [
      ['/a', { host: 'a.example.com' }, 'exact'],
      ['/a', { host: 'b.example.com' }, 'narrow'],
      ['/a', { host: 'other.com' }, 'wide'],
      ['/a', { host: 'other.org' }, 'none'],
      ['/b', { host: 'other.com' }, '404'],
    ],
  },
  {
    rule: 'a request that the most specific hostname does not serve is 404',
    otherwise: 'It goes on to the next route in order: hosts rank, they do not shut out.',
    routes: { any: { path: '/*' }, exact: { hosts: ['a.example'], path: '/only' } },
    rows: [
      ['/only', { host: 'a.example' }, 'exact'],
      ['/else', { host: 'a.example' }, 'any'],
    ],
  },
  {
    rule: 'between equals, the oldest route, then the first by name',
    otherwise:
      'The earlier in the file. Two that are equal in every condition are a fault of the config.',
    routes: { first: { headers: { a: '1' } }, second: { headers: { b: '2' } } },
    rows: [
      ['/', { headers: { a: '1', b: '2' } }, 'first'],
      ['/', { headers: { b: '2' } }, 'second'],
    ],
  },
  {
    rule: 'the API has no priority',
    otherwise: 'A higher one wins before all else; the default is 0.',
    routes: {
      exact: { path: '/a', hosts: ['a.example'] },
      low: { path: '/a', priority: -1 },
      high: { path: '/*', headers: { force: '1' }, priority: 1 },
    },
    rows: [
      ['/a', { headers: { force: '1' } }, 'high'],
      ['/a', {}, 'exact'],
      ['/a', { host: 'b.example' }, 'low'],
      ['/b', {}, '404'],
    ],
  },
];

export const SEVERAL: readonly Rule[] = [
  {
    rule: 'the conditions of one match are ANDed',
    routes: {
      all: { path: '/foo', methods: ['GET'], headers: { version: 'v2' }, query: { q: '1' } },
    },
    rows: [
      ['/foo', { headers: { version: 'v2' }, query: '?q=1' }, 'all'],
      ['/foo', { headers: { version: 'v1' }, query: '?q=1' }, '404'],
      ['/foo', { headers: { version: 'v2' } }, '404'],
      ['/bar', { headers: { version: 'v2' }, query: '?q=1' }, '404'],
      ['/foo', { method: 'PUT', headers: { version: 'v2' }, query: '?q=1' }, '405 GET, HEAD'],
    ],
  },
  {
    rule: 'several matches of one rule are ORed, and each ranks by itself',
    routes: {
      either: [{ path: '/foo', headers: { version: 'v2' } }, { path: '/v2/foo' }],
      rest: { path: '/*' },
    },
    rows: [
      ['/foo', { headers: { version: 'v2' } }, 'either'],
      ['/foo', {}, 'rest'],
      ['/v2/foo', {}, 'either'],
      ['/v2/foo/x', {}, 'rest'],
    ],
  },
  {
    rule: 'a request that fails a condition of the best match goes on to the next',
    routes: {
      canary: { path: '/a', headers: { canary: '1' } },
      exact: { path: '/a', methods: ['GET'] },
      all: { path: '/*' },
    },
    rows: [
      ['/a', { headers: { canary: '1' } }, 'exact'],
      ['/a', { method: 'POST', headers: { canary: '1' } }, 'canary'],
      ['/a', { method: 'POST' }, 'all'],
    ],
  },
];
