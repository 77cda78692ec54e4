/** Of `HTTPPathMatch`. */
import type { Rule } from './rule.ts';

export const PATHS: readonly Rule[] = [
  {
    rule: 'Exact: matches the path exactly and with case sensitivity',
    routes: { foo: { path: '/foo' }, bar: { path: '/bar/' }, root: { path: '/' } },
    rows: [
      ['/foo', {}, 'foo'],
      ['/foo', { query: '?a=/' }, 'foo'],
      ['/foo/', {}, '404'],
      ['/foo/bar', {}, '404'],
      ['/Foo', {}, '404'],
      ['/fo', {}, '404'],
      ['/fooo', {}, '404'],
      ['/bar/', {}, 'bar'],
      ['/bar', {}, '404'],
      ['/', {}, 'root'],
    ],
  },
  {
    rule: 'PathPrefix: matched by path elements, not by characters; a trailing slash is ignored',
    routes: { abc: { path: '/abc/*' } },
    rows: [
      ['/abc', {}, 'abc'],
      ['/abc/', {}, 'abc'],
      ['/abc/def', {}, 'abc'],
      ['/abc/def/', {}, 'abc'],
      ['/abc/def/ghi', {}, 'abc'],
      ['/abcd', {}, '404'],
      ['/abcd/ef', {}, '404'],
      ['/ABC', {}, '404'],
      ['/x/abc', {}, '404'],
      ['/', {}, '404'],
    ],
  },
  {
    rule: 'PathPrefix /: matches all paths, and is the default where no match is given',
    routes: { root: { path: '/*' } },
    rows: [
      ['/', {}, 'root'],
      ['/a', {}, 'root'],
      ['/a/b/', {}, 'root'],
    ],
  },
  {
    rule: 'PathPrefix of several elements',
    routes: { v2: { path: '/aaa/bbb/*' } },
    rows: [
      ['/aaa/bbb', {}, 'v2'],
      ['/aaa/bbb/', {}, 'v2'],
      ['/aaa/bbb/ccc', {}, 'v2'],
      ['/aaa/bbbxyz', {}, '404'],
      ['/aaa', {}, '404'],
      ['/aaa/', {}, '404'],
      ['/bbb/aaa', {}, '404'],
    ],
  },
  {
    rule: 'RegularExpression: what it matches is up to the implementation',
    otherwise:
      'It must match the whole path, with RE2 syntax: a regex that may match in the middle guards nothing.',
    routes: {
      item: { pathRegex: '/v[12]/items/[0-9]+(/.*)?' },
      any: { pathRegex: '/any(?i)CASE' },
    },
    rows: [
      ['/v1/items/7', {}, 'item'],
      ['/v2/items/7/parts', {}, 'item'],
      ['/v3/items/7', {}, '404'],
      ['/v1/items/x', {}, '404'],
      ['/x/v1/items/7', {}, '404'],
      ['/v1/items/7x', {}, '404'],
      ['/anycase', {}, 'any'],
      ['/anyCase', {}, 'any'],
    ],
  },
  {
    rule: 'the API has no parameters in paths',
    otherwise:
      '`{id}` is one segment, never an empty one: it names what templates and plugins use.',
    routes: {
      one: { path: '/items/{id}' },
      two: { path: '/items/{id}/parts/{part}' },
      below: { path: '/shops/{shop}/*' },
    },
    rows: [
      ['/items/7', {}, 'one'],
      ['/items/a%20b', {}, 'one'],
      ['/items/', {}, '404'],
      ['/items', {}, '404'],
      ['/items/7/', {}, '404'],
      ['/items/7/parts/8', {}, 'two'],
      ['/items/7/parts', {}, '404'],
      ['/shops/de', {}, 'below'],
      ['/shops/de/', {}, 'below'],
      ['/shops/de/a/b', {}, 'below'],
      ['/shops', {}, '404'],
    ],
  },
  {
    rule: 'the API does not say how a path with ; is read',
    otherwise:
      'It is read with and without what follows the ;, as servers differ: two routes are 400.',
    routes: { admin: { path: '/admin/*' }, all: { path: '/*' } },
    rows: [
      ['/admin/x', {}, 'admin'],
      ['/admin;a=1/x', {}, '400'],
      ['/admin%3Ba/x', {}, '400'],
      ['/admin/x;a=1', {}, 'admin'],
      ['/other;a=1', {}, 'all'],
    ],
  },
];
